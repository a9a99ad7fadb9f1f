// has non-Sendable type 'Notes'
import Heliograph

final class Notes { var text = "" }

struct Author: Model {
    var id: Int64?
    var notes: Notes

    static let mapping = Mapping("authors", Author.init) { Key("id", \.id) }
}
