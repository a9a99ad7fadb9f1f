/// What a lane is subject to when its last holder has ended in the middle of something, as it seems.
struct Probation: Equatable {
    /// For so many more records few are received at a time: as many as a batch can have had.
    var records: Int
    /// For so many of them, one at a time.
    var singles: Int

    /// So many are received at a time when it is not known that one of them is to blame. A transaction for each of a batch's records would
    /// hold up the lanes of each worker that is killed from outside.
    static let few = 32

    /// Names so many records of a lane.
    static func name(some count: Int) -> String { "some:\(count)" }

    /// How many records of a lane a name stands for; `nil` if it names a record.
    static func count(in name: String) -> Int? {
        name.hasPrefix("some:") ? Int(name.dropFirst(5)) : nil
    }

    /// So long a worker must have lived before it receives a record that is suspected.
    static let peace = Duration.milliseconds(500)

    /// So many records may be received in one transaction.
    var size: Int { singles > 0 ? 1 : Self.few }
}
