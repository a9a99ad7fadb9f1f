// requires that 'Colour' conform to 'PostgresDecodable'
import Heliograph

struct Colour: Sendable { var red: Int }

struct Author: Model {
    var id: Int64?
    var colour: Colour

    static let mapping = Mapping("authors", Author.init) {
        Key("id", \.id)
        Column("colour", \.colour)
    }
}
