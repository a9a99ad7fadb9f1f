import Foundation
import HeliographPostgres
import Testing

@testable import HeliographModels

@Suite("Decoding records of the signal log")
struct RecordTests {
    private func user(_ json: String) throws -> User { try User.mapping.decode(record: JSONValue(parsing: json)) }

    @Test("Values are read by the columns' names, whatever their order and company")
    func decode() throws {
        let user = try user(
            """
            {"email":"a@b.c","added_later":[1],"created_at":"2026-01-02T03:04:05.678901+00:00","username":"ada",
             "is_active":false,"nickname":null,"id":9007199254740993}
            """
        )
        #expect(user.id == 9_007_199_254_740_993)
        #expect(user.username == "ada")
        #expect(user.email == "a@b.c")
        #expect(!user.isActive)
        #expect(user.nickname == nil)
        let created = try #require(user.createdAt)
        #expect(abs(created.timeIntervalSince1970 - 1_767_323_045.678901) < 1e-6)
    }

    @Test("All digits of an int8 are kept, at both ends of its range", arguments: [Int64.min, -1, 0, Int64.max])
    func digits(id: Int64) throws {
        let profile = try Profile.mapping.decode(record: JSONValue(parsing: #"{"user_id":\#(id),"bio":"x"}"#))
        #expect(profile.userID == id)
    }

    @Test("A missing column is nil where the property is optional")
    func missingOptional() throws {
        let user = try user(#"{"id":1,"username":"ada","email":"a@b.c","is_active":true}"#)
        #expect(user.nickname == nil)
        #expect(user.createdAt == nil)
    }

    @Test(
        "What does not fit is refused, naming model and column",
        arguments: [
            (#"{"id":1,"username":"ada","is_active":true}"#, #"the record has no column "email", which User needs"#),
            (
                #"{"id":1,"username":"ada","email":null,"is_active":true}"#,
                #"column "email" of User is NULL, and cannot be String"#
            ),
            (
                #"{"id":1,"username":"ada","email":"x","is_active":"yes"}"#,
                #"column "is_active" of User is not what PostgreSQL writes for Bool"#
            ),
            (#"[1]"#, "a record's instance of User is not a JSON object"),
        ]
    )
    func refused(json: String, message: String) throws {
        let error = #expect(throws: ModelError.self) { try user(json) }
        #expect(error?.code == .undecodable)
        #expect(error?.description == message)
    }

    @Test("A UUID and a name in capitals")
    func composite() throws {
        let json = #"{"group":"01020304-0506-0708-090a-0b0c0d0e0f10","Order":-3}"#
        let membership = try Membership.mapping.decode(record: JSONValue(parsing: json))
        #expect(membership.order == -3)
        #expect(membership.group.uuidString == "01020304-0506-0708-090A-0B0C0D0E0F10")
    }
}
