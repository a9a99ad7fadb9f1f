import Foundation
import Heliograph
import HeliographTesting
import Testing

@Suite("Tables of models")
struct SchemaTests {
    @Test(
        "The tables that a schema makes fit its models, and everything that a mapping can say comes back as it was written"
    )
    func created() async throws {
        try await Library.with { _, database in
            try await database.verify(Library.schema)
            var country = Country(code: "GB", name: "United Kingdom")
            try await database.save(&country)
            var writer = Writer(
                name: "Mary", email: "mary@example.org", mood: .stormy,
                address: .init(street: "Polygon", place: .init(city: "London", zip: "12345")),
                settings: .init(theme: "light", size: 9), notes: .init(theme: "x"), tags: ["gothic", "\"quoted\""],
                country: "GB", age: 18)
            try await database.save(&writer)
            #expect(writer.id != nil)
            #expect(writer.createdAt != nil)
            let found = try #require(try await database.find(Writer.self, writer.id))
            #expect(found == writer)
            var bare = Writer(name: "Percy", email: "percy@example.org")
            try await database.save(&bare)
            #expect(try await database.find(Writer.self, bare.id)?.notes == nil)
            var review = Review(workID: 1, stars: 3)
            let failure = await #expect(throws: ValidationFailure.self) { try await database.save(&review) }
            #expect(failure?.fields.map(\.code) == ["reference"])
            #expect(failure?.fields.map(\.field) == ["work_id"])
        }
    }

    @Test("A record of the log decodes to the model: nested values, JSON, a default for what it does not have")
    func records() async throws {
        try await Fixture.with(.log) { fixture in
            try await fixture.withPool { pool in
                let database = Database(pool: pool)
                try await database.create(ModelSchema(Country.self, Writer.self))
                _ = try await pool.withConnection { try await Attachments().attach("writers", on: $0) }
                var writer = Writer(
                    name: "Mary", email: "mary@example.org", mood: .stormy,
                    address: .init(street: "Polygon", place: .init(city: "London", zip: "12345")),
                    notes: .init(theme: "x"), tags: ["gothic"])
                try await database.save(&writer)
                let rows = try await pool.query("SELECT instance FROM heliograph.signal_log")
                let row = try #require(rows.first)
                let record = try JSONValue(parsing: row.decode(0, as: String.self))
                #expect(try Writer.mapping.decode(record: record) == writer)
                guard case .object(let members) = record else {
                    Issue.record("the record is no object")
                    return
                }
                let older = JSONValue.object(members.filter { $0.name != "mood" && $0.name != "tags" })
                let decoded = try Writer.mapping.decode(record: older)
                #expect(decoded.mood == .calm)
                #expect(decoded.tags == [])
            }
        }
    }

    @Test("A violated constraint is a failure on its field, composite and named ones too")
    func violations() async throws {
        try await Library.with { _, database in
            var writer = Writer(name: "Mary", email: "mary@example.org")
            try await database.save(&writer)
            let id = try #require(writer.id)
            var work = Work(title: "Frankenstein", writerID: id, price: 9)
            try await database.save(&work)
            func refused(_ work: Work) async -> [FieldError] {
                var copy = work
                let failure = await #expect(throws: ValidationFailure.self) { try await database.save(&copy) }
                return failure?.fields ?? []
            }
            let twice = await refused(Work(title: "Frankenstein", writerID: id, price: 1))
            #expect(twice.map(\.field) == ["writer_id", "title"])
            #expect(twice.map(\.code) == ["unique", "unique"])
            let cheap = await refused(Work(title: "Mathilda", writerID: id, price: -1))
            #expect(cheap.map(\.field) == ["price"])
            let unprinted = await refused(Work(title: "Lodore", writerID: id, price: 1, copies: 3, isPrinted: false))
            #expect(unprinted.map(\.code) == ["check"])
            let huge = await refused(Work(title: "Falkner", writerID: id, price: 1_000_000_000))
            #expect(huge.map(\.code) == ["range"])
        }
    }

    @Test(
        "Each difference between a mapping and its table is named, with model, column and both types",
        arguments: [
            (
                "ALTER TABLE works ALTER price TYPE float8",
                "Work: column \"price\" is double precision, which Decimal cannot be read from"
            ),
            (
                "ALTER TABLE works ALTER copies TYPE bigint",
                "Work: column \"copies\" is bigint, which Int32 cannot be read from"
            ),
            (
                "ALTER TABLE works ALTER title DROP NOT NULL",
                "Work: column \"title\" may be NULL, and the property is String, which cannot be nil"
            ),
            (
                "ALTER TABLE writers ALTER age SET NOT NULL",
                "Writer: column \"age\" is NOT NULL, and the property is Int?: make it not optional, or .generated()"
            ),
            ("ALTER TABLE works DROP copies", "Work: public.works has no column \"copies\""),
            ("ALTER TABLE labels RENAME TO tags", "Label: there is no table public.labels"),
            (
                "ALTER TABLE labels ADD colour text NOT NULL",
                "Label: column \"colour\" (text) must have a value, and is not mapped"
            ),
            (
                "ALTER TABLE labels DROP CONSTRAINT labels_name_key",
                "Label: column \"name\" is to be unique, and has no unique index"
            ),
            (
                "ALTER TABLE works DROP CONSTRAINT works_writer_id_title_key",
                "Work: public.works has no unique constraint on \"writer_id\", \"title\""
            ),
            (
                "ALTER TABLE work_labels DROP CONSTRAINT work_labels_pkey",
                "WorkLabel: \"work_id\", \"label_id\" is no key of public.work_labels, which has no unique index on it"
            ),
            (
                "ALTER TABLE works DROP CONSTRAINT works_writer_id_fkey",
                "Work: column \"writer_id\" has no foreign key to \"id\" of public.writers"
            ),
            (
                "ALTER TABLE works DROP CONSTRAINT works_writer_id_fkey; ALTER TABLE works ADD FOREIGN KEY (writer_id) REFERENCES writers",
                "Work: the foreign key of column \"writer_id\" is ON DELETE NO ACTION, not CASCADE"
            ),
            (
                "ALTER TYPE mood ADD VALUE 'elated'",
                "Writer: column \"mood\" is of mood, whose \"elated\" Mood does not know"
            ),
            (
                "ALTER TYPE mood RENAME VALUE 'calm' TO 'still'",
                "Writer: column \"mood\" is of mood, which has no \"calm\""
            ),
            (
                "ALTER TABLE writers ALTER created_at DROP DEFAULT",
                "Writer: column \"created_at\" is to be filled in by the database, and has neither a default nor an identity"
            ),
            (
                "ALTER TABLE labels ALTER id DROP IDENTITY",
                "Label: column \"id\" is to be filled in by the database, and has neither a default nor an identity"
            ),
            (
                "ALTER TABLE writers ALTER tags TYPE text USING ''",
                "Writer: column \"tags\" is text, which Array<String> cannot be read from"
            ),
            (
                "ALTER TABLE writers ALTER tags DROP DEFAULT, ALTER tags TYPE int[] USING '{}'",
                "Writer: column \"tags\" is integer[], which Array<String> cannot be read from"
            ),
        ]
    )
    func differences(change: String, message: String) async throws {
        try await Library.with { fixture, database in
            #expect(try await database.differences(Library.schema) == [])
            try await fixture.psql(change)
            let found = try await database.differences(Library.schema).map(\.message)
            #expect(found.contains(message), "found \(found)")
            let error = await #expect(throws: ModelError.self) { try await database.verify(Library.schema) }
            #expect(error?.code == .mismatch)
            #expect(error?.message.contains(message) == true)
        }
    }

    struct Member: Model {
        var id: Int64?
        var name: String
        var nick: String?
        var at: Date?
        static let mapping = Mapping("members", Member.init) {
            Key("id", \.id)
            Column("name", \.name).validated(.length(...40))
            Column("nick", \.nick).unique(constraint: "one_nick_each")
            Column("at", \.at).generated()
        }
    }

    @Test(
        "Sound tables of other kinds are not complained of: domains, partial indexes, triggers that fill in, views, partitions"
    )
    func sound() async throws {
        try await Fixture.with { fixture in
            try await fixture.withPool { pool in
                let database = Database(pool: pool)
                try await fixture.psql(
                    """
                    CREATE DOMAIN name AS text NOT NULL CHECK (value <> '');
                    CREATE TABLE members (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name public.name, nick text,
                        at timestamptz NOT NULL) PARTITION BY RANGE (id);
                    CREATE TABLE members_1 PARTITION OF members DEFAULT;
                    CREATE UNIQUE INDEX one_nick_each ON members (id, nick) WHERE nick <> '';
                    CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.at := now(); RETURN new; END';
                    CREATE TRIGGER fill BEFORE INSERT ON members FOR EACH ROW EXECUTE FUNCTION fill();
                    """)
                try await database.verify(ModelSchema(Member.self))
                var member = Member(name: "Mary")
                try await database.save(&member)
                #expect(member.at != nil)
                try await fixture.psql(
                    "ALTER TABLE members RENAME TO all_members; CREATE VIEW members AS SELECT * FROM all_members")
                try await database.verify(ModelSchema(Member.self))
                #expect(try await database.install(rulesOf: ModelSchema(Member.self)) == [])
            }
        }
    }

    @Test("A rule that has changed takes the place of what it was")
    func changedRule() async throws {
        try await Library.with { fixture, database in
            try await fixture.psql(
                """
                DO $$ DECLARE c record; BEGIN
                    FOR c IN SELECT conname FROM pg_constraint WHERE conname LIKE 'writers_name_length_rule%' LOOP
                        EXECUTE format('ALTER TABLE writers DROP CONSTRAINT %I', c.conname);
                    END LOOP;
                END $$;
                ALTER TABLE writers ADD CONSTRAINT writers_name_length_rule_abcdef CHECK (char_length(name) <= 4);
                """)
            let before = try await database.bypassableRules(Library.schema).map(\.code)
            #expect(before == ["length"])
            let added = try await database.install(rulesOf: Library.schema)
            #expect(added.count == 1)
            var writer = Writer(name: "Mary Shelley", email: "mary@example.org")
            try await database.save(&writer)
            #expect(try await database.bypassableRules(Library.schema) == [])
        }
    }

    struct Undecided: Model {
        var id: Int64?
        var at: Date?
        static let mapping = Mapping("undecided", Undecided.init) {
            Key("id", \.id)
            Column("at", \.at).generated()
        }
    }

    @Test("A mapping that does not say what the database fills in makes no table")
    func undecided() {
        let error = #expect(throws: ModelError.self) { try ModelSchema(Undecided.self).statements }
        #expect(error?.code == .mismatch)
        #expect(error?.message.contains("\"at\"") == true)
    }
}
