// instance method 'enumeration' requires that 'String' conform to 'CaseIterable'
import Heliograph

struct Author: Model {
    var id: Int64?
    var mood: String

    static let mapping = Mapping("authors", Author.init) {
        Key("id", \.id)
        Column("mood", \.mood).enumeration("mood")
    }
}
