import HeliographLog

/// A snapshot, taken apart.
struct Visibility {
    private let xmin: UInt64
    private let xmax: UInt64
    private let open: Set<UInt64>

    init(_ snapshot: Snapshot) {
        xmin = snapshot.xmin
        xmax = snapshot.xmax
        let open = snapshot.text.split(separator: ":", omittingEmptySubsequences: false).last ?? ""
        self.open = Set(open.split(separator: ",").compactMap { UInt64($0) })
    }

    /// Whether a transaction had been committed.
    func sees(_ transaction: UInt64) -> Bool {
        transaction < xmin || transaction < xmax && !open.contains(transaction)
    }
}
