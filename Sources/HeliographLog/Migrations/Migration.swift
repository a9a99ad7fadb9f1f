/// One step of the schema: a file of `sql/`.
public struct Migration: Sendable {
    /// The file's number. Steps are applied in this order, each once, and never change.
    public let version: Int
    /// The rest of the file's name.
    public let name: String
    /// The file's text, written for the schema `heliograph`.
    public let sql: String
}
