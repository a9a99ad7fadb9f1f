import Heliograph
import HeliographTesting
import Testing

@Suite("Command line: doctor, of models")
struct DoctorModelTests {
    private func examine(_ fixture: Fixture) async throws -> [JSONValue] {
        let outcome = try await fixture.heliograph(["doctor", "--json"])
        return try outcome.lines.map { try JSONValue(parsing: $0) }
            .filter { ["models", "rules"].contains($0["check"]?.string ?? "") }
    }

    @Test("What programs declare is compared with the tables: differences are errors, rules that SQL can bypass notes")
    func models() async throws {
        try await Fixture.onOwnServer(.log) { fixture in
            try await fixture.withPool { pool in
                let database = Database(pool: pool)
                try await database.create(Library.schema)
                try await database.declare(Library.schema, as: "library")
                try await database.declare(Library.schema, as: "library")
                let sound = try await examine(fixture)
                // Everything that SQL can say is in the tables that the schema has made.
                #expect(sound == [])
                try await fixture.psql(
                    """
                    ALTER TABLE works ALTER price TYPE float8;
                    ALTER TABLE writers DROP CONSTRAINT writers_email_key;
                    DO $$ DECLARE c record; BEGIN
                        FOR c IN SELECT conname FROM pg_constraint WHERE conname LIKE 'writers_name_length_rule%' LOOP
                            EXECUTE format('ALTER TABLE writers DROP CONSTRAINT %I', c.conname);
                        END LOOP;
                    END $$;
                    """)
                let found = try await examine(fixture)
                let errors = found.filter { $0["severity"]?.string == "error" }.compactMap { $0["finding"]?.string }
                #expect(
                    errors == [
                        "Work: column \"price\" is double precision, which Decimal cannot be read from (library)",
                        "Writer: column \"email\" is to be unique, and has no unique index (library)",
                    ])
                let notes = found.filter { $0["severity"]?.string == "note" }.compactMap { $0["finding"]?.string }
                #expect(
                    notes == [
                        "plain SQL can bypass the rule \"length\" of column \"name\" of Writer (library)",
                        "plain SQL can bypass the rule \"unique\" of column \"email\" of Writer (library)",
                    ])
                // A program that has fewer models now is asked about no others.
                try await database.declare(ModelSchema(Country.self), as: "library")
                #expect(try await examine(fixture) == [])
                #expect(try await fixture.psql("SELECT program, name FROM heliograph.model") == "library|Country")
            }
        }
    }

    @Test("A declaration that this version does not know is said so, and the rest is examined")
    func unknown() async throws {
        try await Fixture.onOwnServer(.log) { fixture in
            try await fixture.psql(
                "SELECT heliograph.declare_models('other', '[{\"model\": \"X\", \"sender\": \"public.x\"}]')")
            let found = try await examine(fixture)
            #expect(found.compactMap { $0["severity"]?.string } == ["note"])
            #expect(found.first?["subject"]?.string == "other")
        }
    }
}
