package import Foundation
import HeliographPostgres

/// One change of one row, as the signal log holds it; of a TRUNCATE, one of the whole table.
public struct Record: Sendable, Identifiable {
    /// The record's number. Of one row's records the later has the higher; across rows the order is not that of the commits.
    /// Negative: see ``isBackfill``.
    public var id: Int64 { content.id }
    /// The writing transaction's number, an `xid8`; empty for a row that is backfilled.
    public var transaction: String { content.transaction }
    /// When the statement wrote, UTC, in ISO 8601 with microseconds.
    public var at: String { content.time.text }
    /// The same, as a moment.
    package var moment: Date? { content.time.date }
    /// The table: `public.users`.
    public var sender: String { content.sender }
    /// Of a partitioned table: the partition that was written to; `nil` of its TRUNCATE as a whole.
    public var partition: String? { content.partition }
    /// What happened.
    public var operation: AttachOptions.Operation { content.operation }
    /// The lane of the row among those of the subscription that reads; 0 for other readers.
    public var lane: Int { content.lane }
    /// A hash of sender and key: equal for records of the same row.
    package var keyHash: Int32 { content.keyHash }
    /// The row's key, a JSON object; `nil` of a TRUNCATE.
    public var key: String? { content.key }
    /// Of a row that came about by a change of its key: the key before, a JSON object.
    public var previousKey: String? { content.previousKey }
    /// The new row, of a delete the deleted one, as a JSON object.
    public var instance: String? { content.instance }
    /// The old values of the columns that an update changed, a JSON object.
    public var previous: String? { content.previous }
    /// The columns that an update changed.
    public var changed: [String]? { content.changed }
    /// What the writer said about itself: JSON, if the writer kept to that. A claim, not a proof.
    public var context: String? { content.context }
    /// The role that wrote (`session_user`).
    public var writer: String { content.writer }

    let content: RecordContent
    /// Its instance as one of a model, if it has been decoded ahead.
    var decoded: (any AnyObject & Sendable)?

    init(_ content: RecordContent) { self.content = content }

    /// Whether the row is larger than its table's limit (``AttachOptions/maximumRowSize``), so that only its key is here.
    public var isTruncated: Bool { instance == nil && operation != .truncate }

    /// Whether this is no record of the log, but a row as it was found when a subscription that begins with the rows there are came to
    /// it. Its number is negative then, and made of its key.
    public var isBackfill: Bool { id < 0 }

    /// Of how many receivers' writes, one after the other, this one is the outcome: 0 for what no subscription wrote. A claim of the
    /// writer's, as all of the context.
    public var causalDepth: Int { content.causalDepth }

    /// Bytes of the texts that may be large.
    package var size: Int { content.size }

    /// The W3C trace context's `traceparent` of the span that wrote. A claim of the writer's, as all of the context.
    public var traceparent: String? {
        guard let context, context.contains("\"traceparent\"") else { return nil }
        return (try? JSONValue(parsing: context))?["traceparent"]?.string
    }

    /// Whether the row was new.
    public var isCreated: Bool { operation == .insert }

    /// The name of the signal: `post_save`, `post_delete`, `post_truncate`.
    public var signal: String {
        switch operation {
        case .insert, .update: "post_save"
        case .delete: "post_delete"
        case .truncate: "post_truncate"
        }
    }
}
