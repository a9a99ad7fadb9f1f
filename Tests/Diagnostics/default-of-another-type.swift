// missing argument label 'sql:'|cannot convert value of type 'String'
import Heliograph

struct Author: Model {
    var id: Int64?
    var age: Int

    static let mapping = Mapping("authors", Author.init) {
        Key("id", \.id)
        Column("age", \.age).default("none")
    }
}
