import Heliograph

/// What a receiver is told of an account.
struct Change: Sendable {
    let key: Int64
    /// The how manieth change of the key it is.
    let version: Int64
    let operation: String
    let record: Int64

    init(key: Int64, version: Int64, operation: String, record: Int64) {
        self.key = key
        self.version = version
        self.operation = operation
        self.record = record
    }

    init(_ record: Record) throws {
        let row = try JSONValue(parsing: record.instance ?? "null")
        key = try Int64(json: row["id"] ?? .null)
        // A deleted row is as its last change has left it.
        version = try Int64(json: row["version"] ?? .null) + (record.operation == .delete ? 1 : 0)
        operation = record.operation.rawValue
        self.record = record.id
    }
}
