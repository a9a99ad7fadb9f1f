// cannot convert value of type 'KeyPath<Author, Int>' to expected argument type 'KeyPath<Author, String>'
import Heliograph

struct Author: Model {
    var id: Int64?
    var age: Int

    static let mapping = Mapping("authors", Author.init) {
        Key("id", \.id)
        Column("age", \.age).validated(.email)
    }
}
