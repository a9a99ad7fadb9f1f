// 'ColumnList<Author, Optional<Int64>, String, Int>' to return type 'ColumnList<Author, Int64\?, String, String>'
import Heliograph

struct Author: Model {
    var id: Int64?
    var name: String
    var age: Int

    init(id: Int64?, name: String, age: String) {
        self.id = id
        self.name = name
        self.age = Int(age) ?? 0
    }

    static let mapping = Mapping("authors", Author.init) {
        Key("id", \.id)
        Column("name", \.name)
        Column("age", \.age)
    }
}
