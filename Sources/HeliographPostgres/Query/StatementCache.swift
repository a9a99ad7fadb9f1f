/// Which statements of a connection are prepared on the server: those that came more than once, the least recently used of
/// them forgotten first. Without input or output.
struct StatementCache: Sendable {
    /// How to send a statement.
    enum Plan: Equatable, Sendable {
        /// As it stands.
        case once
        /// Under a name from now on.
        case prepare(String)
        /// By its name.
        case prepared(String)
    }

    private struct Entry {
        let text: String
        /// The statement's, without its values.
        let pieces: [SQL.Piece]
        /// `nil` for a statement that has been seen once.
        var name: String?
        var newer: Int?
        var older: Int?
        /// The place of the one that came after it the last time.
        var follower: Int?

        init(_ sql: SQL, text: String) {
            self.text = text
            pieces = sql.pieces.map { piece in
                if case .value(let bind) = piece { .value(.null(bind.type)) } else { piece }
            }
        }

        /// Whether a statement is the same and put together in the same way: nearly always, and quick to see.
        func hasPieces(of sql: SQL) -> Bool {
            guard pieces.count == sql.pieces.count else { return false }
            for index in pieces.indices {
                switch (pieces[index], sql.pieces[index]) {
                case (.text(let mine), .text(let other)): if !mine.hasSameBytes(as: other) { return false }
                case (.value(let mine), .value(let other)): if mine.type != other.type { return false }
                default: return false
                }
            }
            return true
        }

        func fits(_ sql: SQL, text other: String) -> Bool {
            hasPieces(of: sql)
                || text.hasSameBytes(as: other) && types(of: pieces).elementsEqual(types(of: sql.pieces))
        }

        private func types(of pieces: [SQL.Piece]) -> some Sequence<PostgresType> {
            pieces.lazy.compactMap { if case .value(let bind) = $0 { bind.type } else { nil } }
        }
    }

    /// Longer ones are not worth keeping: they are made for one occasion.
    static let longestText = 16_384

    let capacity: Int
    private var places: [String: Int] = [:]
    private var entries: [Entry?] = []
    private var free: [Int] = []
    private var newest: Int?
    private var oldest: Int?
    private var nextNumber = 0
    /// Names that the server still knows and nobody uses any more.
    private var dropped: [String] = []

    init(capacity: Int) { self.capacity = max(0, capacity) }

    var count: Int { places.count }

    /// How to send a statement, which counts as used with this.
    mutating func plan(for sql: SQL) -> Plan {
        guard capacity > 0 else { return .once }
        // The same one again, as in a pipeline.
        if let newest, let entry = entries[newest], let name = entry.name, entry.hasPieces(of: sql) {
            return .prepared(name)
        }
        // The one that came after it the last time: programs say the same things in the same order.
        if let newest, let place = entries[newest]?.follower, let entry = entries[place], let name = entry.name,
            entry.hasPieces(of: sql)
        {
            use(place)
            return .prepared(name)
        }
        let text = sql.text
        guard let place = places[text] else {
            if text.utf8.count <= Self.longestText { add(sql, text) }
            return .once
        }
        // Swift's strings are equal when Unicode says so, PostgreSQL's statements are not; and the same text with values of
        // other types is another statement.
        guard let entry = entries[place], entry.fits(sql, text: text) else { return .once }
        use(place)
        if let name = entry.name { return .prepared(name) }
        nextNumber += 1
        let name = "h\(nextNumber)"
        entries[place]?.name = name
        return .prepare(name)
    }

    /// Forgets a statement that the server does not know, or no longer as it should.
    /// - Parameter isOnServer: whether the server still has something under its name.
    mutating func forget(_ sql: SQL, isOnServer: Bool) {
        guard let place = places[sql.text] else { return }
        if isOnServer, let name = entries[place]?.name { dropped.append(name) }
        remove(place)
    }

    /// Forgets all: the server has.
    mutating func removeAll() {
        places = [:]
        entries = []
        free = []
        newest = nil
        oldest = nil
        dropped = []
    }

    /// The names to be given up on the server, which the caller now does.
    mutating func takeDropped() -> [String] {
        defer { dropped = [] }
        return dropped
    }

    var hasDropped: Bool { !dropped.isEmpty }

    // MARK: Order of use

    private mutating func add(_ sql: SQL, _ text: String) {
        if places.count >= capacity, let place = oldest {
            if let name = entries[place]?.name { dropped.append(name) }
            remove(place)
        }
        let entry = Entry(sql, text: text)
        let place = free.popLast() ?? entries.count
        if place == entries.count { entries.append(entry) } else { entries[place] = entry }
        places[text] = place
        link(place)
    }

    private mutating func use(_ place: Int) {
        guard newest != place else { return }
        unlink(place)
        link(place)
    }

    private mutating func remove(_ place: Int) {
        unlink(place)
        if let entry = entries[place] { places[entry.text] = nil }
        entries[place] = nil
        free.append(place)
    }

    private mutating func link(_ place: Int) {
        entries[place]?.older = newest
        entries[place]?.newer = nil
        if let newest {
            entries[newest]?.newer = place
            entries[newest]?.follower = place
        }
        newest = place
        if oldest == nil { oldest = place }
    }

    private mutating func unlink(_ place: Int) {
        let newer = entries[place]?.newer
        let older = entries[place]?.older
        if let newer { entries[newer]?.older = older } else { newest = older }
        if let older { entries[older]?.newer = newer } else { oldest = newer }
    }
}
