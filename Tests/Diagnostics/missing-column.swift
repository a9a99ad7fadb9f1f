// pack expansion requires that
import Heliograph

struct Author: Model {
    var id: Int64?
    var name: String

    static let mapping = Mapping("authors", Author.init) {
        Key("id", \.id)
    }
}
