/// A committed record as a ``LiveMirror`` tells it.
public struct LiveRecord: Sendable {
    /// The record as it stands in the log.
    public let record: Record
    /// Whether this process wrote it, in a transaction of the ``LiveMirror``'s database.
    public let isOwn: Bool
    /// The place in the log behind it: from there another reader can go on, also one of another process.
    public let place: LogPlace

    /// About so many bytes it takes.
    var size: Int {
        let parts = [record.instance, record.previous, record.key, record.context]
        return parts.reduce(200) { $0 + ($1?.utf8.count ?? 0) }
    }
}
