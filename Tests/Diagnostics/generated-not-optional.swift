// cannot convert value of type 'KeyPath<Author, Date>' to expected argument type 'KeyPath<Author, Optional<Date>>'
import Foundation
import Heliograph

struct Author: Model {
    var id: Int64?
    var createdAt: Date

    static let mapping = Mapping("authors", Author.init) {
        Key("id", \.id)
        Column("created_at", \.createdAt).generated()
    }
}
