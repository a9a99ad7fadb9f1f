import Foundation
import HeliographPostgres
import HeliographSignals
import Testing

@testable import HeliographModels

@Suite("Mapping")
struct MappingTests {
    let user = User(id: 7, username: "ada", email: "ada@example.org")
    let group = UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))

    @Test("The columns are those of the mapping, in order")
    func columns() {
        #expect(
            User.mapping.columns.map(\.name) == ["id", "username", "email", "is_active", "nickname", "created_at"]
        )
        #expect(User.mapping.keyColumns.map(\.name) == ["id"])
        #expect(User.mapping.columns.map(\.isGenerated) == [true, false, false, false, false, true])
        #expect(User.mapping.columns.map(\.isUnique) == [false, false, true, false, true, false])
        #expect(User.mapping.columns.map(\.isOptional) == [true, false, false, false, true, true])
        #expect(Membership.mapping.keyColumns.map(\.isGenerated) == [false, false])
    }

    @Test("Names are quoted in SQL, and in the sender only where quote_ident quotes them")
    func names() {
        #expect(User.mapping.table.qualifiedName == #""users""#)
        #expect(User.mapping.sender == "public.users")
        #expect(Profile.mapping.table.qualifiedName == #""shop"."profiles""#)
        #expect(Profile.mapping.sender == "shop.profiles")
        #expect(Membership.mapping.table.qualifiedName == #""My ""Shop"""."user""#)
        #expect(Membership.mapping.sender.name == #""My ""Shop"""."user""#)
        #expect(Membership.mapping.selectList.text == #""group", "Order""#)
    }

    @Test(
        "Wire names are those of quote_ident",
        arguments: [
            ("users", "users"), ("user_2", "user_2"), ("_x", "_x"), ("2users", "\"2users\""), ("Users", "\"Users\""),
            ("order", "\"order\""), ("user", "\"user\""), ("name", "name"), ("größe", "\"größe\""), ("", "\"\""),
            ("a b", "\"a b\""), ("a\"b", "\"a\"\"b\""), ("a$", "\"a$\""),
        ]
    )
    func wireNames(name: String, quoted: String) {
        #expect(WireName.quoted(name) == quoted)
    }

    @Test("Binds are the properties' values in the columns' order")
    func binds() {
        #expect(
            User.mapping.binds(of: user).map(\.shown) == [
                "[0, 0, 0, 0, 0, 0, 0, 7] int8", "'ada'", "'ada@example.org'", "[1] bool", "NULL with OID 0",
                "NULL timestamptz",
            ]
        )
    }

    @Test("An INSERT leaves to the database what it generates and the instance does not have")
    func insert() {
        let drawn = User.mapping.insert(User.mapping.values(User(username: "ada", email: "a@b.c")))
        #expect(
            drawn.text
                == #"INSERT INTO "users" ("username", "email", "is_active", "nickname") VALUES ($1, $2, $3, $4)"#
                + #" RETURNING "id", "username", "email", "is_active", "nickname", "created_at""#
        )
        #expect(drawn.shownBinds == ["'ada'", "'a@b.c'", "[1] bool", "NULL with OID 0"])

        let given = User.mapping.insert(User.mapping.values(user))
        #expect(given.text.hasPrefix(#"INSERT INTO "users" ("id", "username", "email", "is_active", "nickname")"#))

        let empty = Ticket.mapping.insert(Ticket.mapping.values(Ticket()))
        #expect(empty.text == #"INSERT INTO "tickets" DEFAULT VALUES RETURNING "number""#)
    }

    @Test("An UPDATE writes all but the key and what is left to the database")
    func update() throws {
        let mapping = User.mapping
        let values = mapping.values(user)
        let sql = mapping.update(values, where: try mapping.keyCondition(values))
        #expect(
            sql.text
                == #"UPDATE "users" SET "username" = $1, "email" = $2, "is_active" = $3, "nickname" = $4"#
                + #" WHERE "id" = $5 RETURNING "id", "username", "email", "is_active", "nickname", "created_at""#
        )
        #expect(sql.shownBinds.last == "[0, 0, 0, 0, 0, 0, 0, 7] int8")
    }

    @Test("A table of nothing but its key is locked in the place of an UPDATE")
    func updateOfKeyOnly() throws {
        let mapping = Membership.mapping
        let values = mapping.values(Membership(group: group, order: 3))
        #expect(
            mapping.update(values, where: try mapping.keyCondition(values)).text
                == #"SELECT "group", "Order" FROM "My ""Shop"""."user" WHERE "group" = $1 AND "Order" = $2"#
                + " FOR NO KEY UPDATE"
        )
    }

    @Test("A key has as many values as the mapping has key columns")
    func key() throws {
        let sql = try Membership.mapping.selection(key: group, Int32(3))
        #expect(sql.text.hasSuffix(#" WHERE "group" = $1 AND "Order" = $2"#))
        let error = #expect(throws: ModelError.self) { try Membership.mapping.selection(key: group) }
        #expect(error?.code == .wrongKey)
    }

    @Test("Conditions, order and limit are put together with their values renumbered")
    func selection() {
        let sql = User.mapping.selection(where: "email = \("x") OR id < \(9)", orderBy: "username", limit: 5)
        #expect(sql.text.hasSuffix(#" FROM "users" WHERE (email = $1 OR id < $2) ORDER BY username LIMIT $3"#))
        #expect(User.mapping.selection(where: nil, orderBy: nil, limit: nil).text.hasSuffix(#" FROM "users""#))
    }

    @Test("Whether the key has been drawn is seen by its value")
    func generatedKey() {
        #expect(User.mapping.hasGeneratedKey)
        #expect(User.mapping.lacksGeneratedKey(User.mapping.values(User(username: "a", email: "b"))))
        #expect(!User.mapping.lacksGeneratedKey(User.mapping.values(user)))
        #expect(!Membership.mapping.hasGeneratedKey)
    }
}
