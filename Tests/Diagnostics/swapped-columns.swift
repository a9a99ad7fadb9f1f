// cannot convert|pack expansion|generic parameter
import Heliograph

struct Author: Model {
    var id: Int64?
    var name: String

    static let mapping = Mapping("authors", Author.init) {
        Column("name", \.name)
        Key("id", \.id)
    }
}
