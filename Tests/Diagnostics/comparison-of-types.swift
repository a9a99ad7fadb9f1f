// cannot be applied to operands of type 'SQLExpression<Int>' and 'String'
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
