import Heliograph
import Testing

/// A table with capture on it, and what its records say.
struct Captured: Sendable {
    let fixture: Fixture

    /// Makes tables with `psql`, attaches some, and runs the test.
    @discardableResult
    static func with<R>(
        _ script: String, attaching tables: [String] = ["t"], _ options: AttachOptions = .init(),
        _ body: (Captured) async throws -> R
    ) async throws -> R {
        try await Fixture.with(.log) { fixture in
            try await fixture.psql(script)
            try await fixture.withConnection { connection in
                for table in tables { try await Attachments().attach(table, options, on: connection) }
            }
            return try await body(Captured(fixture: fixture))
        }
    }

    /// Runs a script with `psql`.
    func write(_ script: String) async throws { try await fixture.psql(script) }

    /// All records, each in one line: operation, key, former key, changed columns, old values, row.
    var records: [String] {
        get async throws {
            try await fixture.withConnection { connection in
                try await connection.texts(
                    """
                    SELECT concat_ws(' ', operation, key, 'was ' || previous_key::text, 'changed ' || changed::text,
                        'from ' || previous::text, instance)
                    FROM heliograph.signal_log ORDER BY id
                    """
                )
            }
        }
    }

    /// The records of a script alone.
    func records(of script: String) async throws -> [String] {
        let before = try await records.count
        try await write(script)
        return Array(try await records.dropFirst(before))
    }

    /// Expects exactly these records of a script.
    /// - Parameters:
    ///   - inOrder: whether the order counts.
    ///   - normalised: takes away what differs from run to run.
    func expect(
        _ script: String, gives expected: [String], inOrder: Bool = true,
        matching normalised: (String) -> String = { $0 }, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await records(of: script).map(normalised)
        if inOrder {
            #expect(found == expected, sourceLocation: sourceLocation)
        } else {
            #expect(found.sorted() == expected.sorted(), sourceLocation: sourceLocation)
        }
    }
}
