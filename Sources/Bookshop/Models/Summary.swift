public import Heliograph

/// What a book is about. Each book has one; the worker makes it, empty.
public struct Summary: Model {
    /// Drawn by the database.
    public var id: Int64?
    public var bookID: Int64
    public var content: String

    public init(id: Int64? = nil, bookID: Int64, content: String = "") {
        self.id = id
        self.bookID = bookID
        self.content = content
    }

    public static let mapping = Mapping("summaries", Summary.init) {
        Key("id", \.id)
        Column("book_id", \.bookID).unique().references(\Book.id, onDelete: .cascade, onUpdate: .cascade)
        Column("content", \.content).default("")
    }
}
