// email|requires|String
import Heliograph

struct Author: Model {
    var id: Int64?
    var age: Int

    static let mapping = Mapping("authors", Author.init) {
        Key("id", \.id)
        Column("age", \.age).validated(.email)
    }
}
