// cannot|operator|String|Int
import Heliograph

struct Author: Model {
    var id: Int64?
    var age: Int

    static let mapping = Mapping("authors", Author.init) {
        Key("id", \.id)
        Column("age", \.age)
    }
}

let query = Author.where { $0.age == "old" }
