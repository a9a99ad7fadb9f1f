import Heliograph

struct Book: Model {
    var id: Int64?
    var title: String

    static let mapping = Mapping("books", Book.init) {
        Key("id", \.id)
        Column("title", \.title).unique()
    }
}

/// Saves a book: receivers may change it or refuse it, and a title that exists is a failure on that field.
func publish(_ title: String, in database: Database) async throws -> Book {
    database.signals.preSave(Book.self).connect("title") { save in
        if save.instance.title.isEmpty {
            save.refuse(field: "title", code: "required", message: "a title is required")
        }
    }
    database.signals.afterCommit(Book.self).connect("announce") { committed in
        print("\(committed.change): \(committed.instance.title)")
    }
    return try await database.transaction { tx in
        var book = Book(title: title)
        try await tx.save(&book)
        return book
    }
}
