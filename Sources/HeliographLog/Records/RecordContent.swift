import HeliographPostgres

/// What a ``Record`` consists of. One reference for all of it, since records are passed on and sliced a lot.
final class RecordContent: Sendable {
    let id: Int64
    let transaction: String
    let time: RecordTime
    let sender: String
    let partition: String?
    let operation: AttachOptions.Operation
    let lane: Int
    let keyHash: Int32
    let key: String?
    let previousKey: String?
    let instance: String?
    let previous: String?
    let changed: [String]?
    let context: String?
    let writer: String
    /// See ``Record/causalDepth``. Found out when the record is made: that is mostly done ahead, and not asked for only once.
    let causalDepth: Int
    /// Bytes of the texts that may be large.
    let size: Int

    init(
        id: Int64,
        transaction: String,
        time: RecordTime,
        sender: String,
        partition: String?,
        operation: AttachOptions.Operation,
        lane: Int,
        keyHash: Int32,
        key: String?,
        previousKey: String?,
        instance: String?,
        previous: String?,
        changed: [String]?,
        context: String?,
        writer: String
    ) {
        self.id = id
        self.transaction = transaction
        self.time = time
        self.sender = sender
        self.partition = partition
        self.operation = operation
        self.lane = lane
        self.keyHash = keyHash
        self.key = key
        self.previousKey = previousKey
        self.instance = instance
        self.previous = previous
        self.changed = changed
        self.context = context
        self.writer = writer
        causalDepth = Self.depth(in: context)
        size =
            (instance?.utf8.count ?? 0) + (previous?.utf8.count ?? 0) + (key?.utf8.count ?? 0)
            + (previousKey?.utf8.count ?? 0) + (context?.utf8.count ?? 0)
    }

    private static func depth(in context: String?) -> Int {
        // Looked for first: parsing costs, and most contexts have none.
        guard let context, context.contains("\"depth\""), let parsed = try? JSONValue(parsing: context) else {
            return 0
        }
        return (try? Int(json: parsed["depth"] ?? .null)).map { max(0, $0) } ?? 0
    }
}
