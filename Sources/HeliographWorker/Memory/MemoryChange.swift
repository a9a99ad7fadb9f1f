package import HeliographLog
package import HeliographPostgres

/// A change of a row in memory.
package struct MemoryChange: Sendable {
    package let sender: String
    package let operation: AttachOptions.Operation
    /// `nil` of a TRUNCATE.
    package let key: JSONValue?
    /// The new row; of a deletion it is known.
    package let row: JSONValue?

    package init(sender: String, operation: AttachOptions.Operation, key: JSONValue?, row: JSONValue?) {
        self.sender = sender
        self.operation = operation
        self.key = key
        self.row = row
    }
}
