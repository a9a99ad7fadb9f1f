import Heliograph

struct Author: Model {
    var id: Int64?
    var name: String
    var age: Int?

    static let mapping = Mapping("authors", Author.init) {
        Key("id", \.id)
        Column("name", \.name)
        Column("age", \.age)
    }
}

struct Work: Model {
    var id: Int64?
    var title: String
    var authorID: Int64
    var copies: Int

    static let mapping = Mapping("works", Work.init) {
        Key("id", \.id)
        Column("title", \.title)
        Column("author_id", \.authorID).references(\Author.id, onDelete: .cascade)
        Column("copies", \.copies)
    }
}

func query(_ database: Database) async throws {
    // Which rows, in which order.
    let novels = Work.where { $0.copies > 0 && $0.title.hasSuffix("!") }.order { $0.title }.limit(20)
    print(try await database.all(novels), try await database.count(novels), try await database.exists(novels))

    // Along a declared relation: a condition on the author, the author beside the work, works beside the author.
    let hers = Work.where { $0.related(Author.self, by: \.authorID).name == "Mary" }
    for (work, author) in try await database.all(hers.including(Author.self, by: \.authorID)) { print(work, author) }
    for (author, works) in try await database.all(Author.query.prefetching(\Work.authorID)) { print(author, works) }
    print(try await database.all(Author.where { $0.exists(\Work.authorID) { $0.copies > 1_000 } }))

    // Values, sums, groups.
    let counts = Work.query.group { $0.authorID }.having { $0.count() > 1 }.select { ($0.authorID, $0.copies.sum()) }
    for (author, copies) in try await database.all(counts) { print(author, copies) }

    // Rows that are locked, and left out if others have locked them.
    try await database.transaction { tx in
        guard let next = try await tx.first(Work.query.order { $0.id }.forUpdate(skipLocked: true)) else { return }
        try await tx.delete(next)
    }

    // More than fits into memory.
    try await database.stream(Work.query) { works in
        for try await work in works { print(work) }
    }

    // SQL, where it says more.
    print(try await database.query("SELECT * FROM works TABLESAMPLE SYSTEM (1)", as: Work.self))
    print(try await database.all(Work.where { _ in SQLExpression("t0.title ~ \("^A")") }))
}

func write(_ database: Database, _ author: Author) async throws {
    // Only what has changed since it was read.
    var loaded = Loaded(author)
    loaded.name = "Mary Shelley"
    try await database.save(&loaded)

    // Many at once, by one statement.
    var works = ["Valperga!", "Lodore!"].map { Work(title: $0, authorID: author.id ?? 0, copies: 1) }
    try await database.insert(&works)

    // All rows of a query.
    try await database.update(Work.where { $0.copies == 1 }.set(\.copies) { $0.copies + 1 })
    try await database.delete(Work.where { $0.copies == 0 })
}
