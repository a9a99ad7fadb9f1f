import Heliograph
import Testing

/// Copies of captured tables that are made from the log alone, and compared with the tables.
///
/// The rows are put in by SQL that fails on what cannot be: a row that is created twice, changed or deleted when it is not there.
struct Mirror: Sendable {
    let fixture: Fixture
    /// In schema `public`, attached.
    let tables: [String]

    /// Makes the empty copies, in schema `mirror`.
    func prepare() async throws {
        try await fixture.psql(
            """
            CREATE SCHEMA mirror;
            CREATE FUNCTION mirror.apply(records json[], OUT applied bigint) LANGUAGE plpgsql AS $$
            DECLARE r json; tbl text; cols text; touched bigint;
            BEGIN
                applied := 0;
                FOREACH r IN ARRAY records LOOP
                    SELECT split_part(a.sender, '.', 2), (SELECT string_agg(format('m.%I = k.%I', c, c), ' AND ')
                                                         FROM unnest(a.key_columns) AS c)
                    INTO STRICT tbl, cols FROM heliograph.attachment AS a WHERE a.sender = r ->> 'sender';
                    IF r ->> 'operation' = 'truncate' THEN
                        EXECUTE format('DELETE FROM mirror.%I', tbl);
                    END IF;
                    IF r ->> 'operation' IN ('update', 'delete') THEN
                        EXECUTE format('DELETE FROM mirror.%I AS m USING json_populate_record(NULL::mirror.%I, $1) AS k WHERE %s',
                            tbl, tbl, cols) USING r -> 'key';
                        GET DIAGNOSTICS touched = ROW_COUNT;
                        IF touched <> 1 THEN RAISE EXCEPTION '% rows for record %', touched, r; END IF;
                    END IF;
                    IF r ->> 'operation' IN ('update', 'insert') THEN
                        EXECUTE format('INSERT INTO mirror.%I OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_record(NULL::mirror.%I, $1)',
                            tbl, tbl) USING r -> 'instance';
                    END IF;
                    applied := applied + 1;
                END LOOP;
            END $$;
            """
        )
        for table in tables {
            try await fixture.psql(
                "CREATE TABLE mirror.\(table) (LIKE public.\(table) INCLUDING IDENTITY INCLUDING INDEXES)")
        }
    }

    /// Applies records in the order of the log.
    func apply(_ records: [Record]) async throws {
        try await fixture.withConnection { connection in
            var rest = records[...]
            while !rest.isEmpty {
                let some = rest.prefix(2_000).map(\.json)
                rest = rest.dropFirst(2_000)
                // As text: a record may hold characters that jsonb would refuse.
                try await connection.query("SELECT mirror.apply(\(some)::text[]::json[])")
            }
        }
    }

    /// The tables whose copy is not the same, byte for byte.
    func differences() async throws -> [String] {
        var found: [String] = []
        try await fixture.withConnection { connection in
            for table in tables {
                let count = try await connection.number(
                    """
                    SELECT count(*) FROM (
                        (SELECT t::text FROM public.\(identifier: table) AS t EXCEPT ALL SELECT m::text FROM mirror.\(identifier: table) AS m)
                        UNION ALL
                        (SELECT m::text FROM mirror.\(identifier: table) AS m EXCEPT ALL SELECT t::text FROM public.\(identifier: table) AS t)
                    ) AS difference
                    """
                )
                if count > 0 { found.append("\(table): \(count) rows") }
            }
        }
        return found
    }
}

/// A reader that comes and goes: it keeps its place, and goes on from it with a new follower.
actor Visitor {
    private let pool: ConnectionPool
    private let bell: Bell
    private let fixture: Fixture
    private(set) var records: [Record] = []
    private var place: LogPlace?

    init(_ fixture: Fixture, pool: ConnectionPool, bell: Bell) {
        self.fixture = fixture
        self.pool = pool
        self.bell = bell
    }

    /// Reads on, in small batches.
    /// - Parameter limit: until so many more records are read, or `isOver` is set and all that has been committed is.
    func visit(limit: Int = .max, batchSize: Int, until isOver: Flag) async throws {
        let goal = limit == .max ? limit : records.count + limit
        let follower = LogFollower(
            pool: pool, bell: bell, batchSize: batchSize, pollInterval: .milliseconds(20), logger: fixture.logger)
        let start = place.map { LogFollower.Start.place($0) } ?? .beginning
        for try await event in follower.events(from: start) {
            switch event {
            case .record(let record, let place):
                records.append(record)
                self.place = place
                if records.count >= goal { return }
            case .caughtUp: if isOver.isSet { return }
            case .reset: Issue.record("the server was not restarted")
            }
        }
    }
}
