// cannot convert value of type 'KeyPath<Book, String>'
import Heliograph

struct Author: Model {
    var id: Int64?

    static let mapping = Mapping("authors", Author.init) { Key("id", \.id) }
}

struct Book: Model {
    var id: Int64?
    var authorID: String

    static let mapping = Mapping("books", Book.init) {
        Key("id", \.id)
        Column("author_id", \.authorID).references(\Author.id)
    }
}
