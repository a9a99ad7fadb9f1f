// cannot convert return expression of type 'ColumnList<Author, String, Optional<Int64>>'
import Heliograph

struct Author: Model {
    var id: Int64?
    var name: String

    static let mapping = Mapping("authors", Author.init) {
        Column("name", \.name)
        Key("id", \.id)
    }
}
