// has no dynamic member 'nmae'
import Heliograph

struct Author: Model {
    var id: Int64?

    static let mapping = Mapping("authors", Author.init) { Key("id", \.id) }
}

let query = Author.where { $0.nmae == "Ada" }
