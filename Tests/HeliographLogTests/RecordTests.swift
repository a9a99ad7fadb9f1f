import HeliographModels
import HeliographPostgres
import Testing

@testable import HeliographLog

@Suite("Records and filters")
struct RecordTests {
    private func record(
        operation: AttachOptions.Operation = .update, instance: String? = #"{"id":7}"#, previousKey: String? = nil,
        context: String? = nil
    ) -> Record {
        Record(
            id: 123, transaction: "7391", at: "2026-01-02T03:04:05.678901Z", sender: "public.users",
            operation: operation, keyHash: 0, key: operation == .truncate ? nil : #"{"id":7}"#,
            previousKey: previousKey, instance: instance,
            previous: operation == .update ? #"{"email":"a"}"# : nil, changed: operation == .update ? ["email"] : nil,
            context: context, writer: "app"
        )
    }

    @Test("The envelope is the documented one, in one line")
    func envelope() throws {
        let json = record(
            instance: "{\"id\":7,\n \"n\":12345678901234567890.10}", context: #"{"origin":"w1","actor":"ada"}"#
        ).json
        #expect(
            json
                == #"{"id":123,"signal":"post_save","sender":"public.users","operation":"update","created":false,"key":{"id":7},"#
                + #""instance":{"id":7,  "n":12345678901234567890.10},"previous":{"email":"a"},"changed":["email"],"#
                + #""at":"2026-01-02T03:04:05.678901Z","transaction":"7391","origin":"w1","context":{"origin":"w1","actor":"ada"}}"#
        )
        _ = try JSONValue(parsing: json)
    }

    @Test("When it was written is told in the same words, whether it is known as a moment or as a text")
    func time() throws {
        let text = "2026-01-02T03:04:05.678901Z"
        let moment = try #require(RecordTime.text(text).date)
        #expect(RecordTime.moment(moment).text == text)
        #expect(record().moment == moment)
        #expect(RecordTime.text("").date == nil)
    }

    private struct Account: Model, Equatable {
        var id: Int64
        var email: String

        static let mapping = Mapping("users", Account.init) {
            Key("id", \.id)
            Column("email", \.email)
        }
    }

    private struct Name: Model, Equatable {
        var id: Int64

        static let mapping = Mapping("users", Name.init) { Key("id", \.id) }
    }

    @Test("An instance decoded ahead is the one that is asked for; what is none fails when it is asked for")
    func decodingAhead() throws {
        let ada = #"{"id":7,"email":"ada@example.org"}"#
        var ahead = record(instance: ada)
        ahead.decodeAhead(as: Account.self)
        #expect(ahead.decoded != nil)
        #expect(try ahead.instance(of: Account.self) == Account(id: 7, email: "ada@example.org"))
        #expect(try ahead.instance(of: Name.self) == Name(id: 7))
        #expect(ahead.json == record(instance: ada).json)

        var poison = record(instance: #"{"id":7}"#)
        poison.decodeAhead(as: Account.self)
        #expect(poison.decoded == nil)
        #expect(throws: ModelError.self) { try poison.instance(of: Account.self) }
        var none = record(operation: .truncate, instance: nil)
        none.decodeAhead(as: Account.self)
        #expect(throws: LogError.self) { try none.instance(of: Account.self) }
    }

    @Test("Each operation has its signal; a changed key tells the former one")
    func signals() throws {
        #expect(record(operation: .insert).signal == "post_save")
        #expect(record(operation: .insert).isCreated)
        #expect(record(operation: .delete).signal == "post_delete")
        let truncate = try JSONValue(parsing: record(operation: .truncate, instance: nil).json)
        #expect(truncate["signal"]?.string == "post_truncate")
        #expect(truncate["key"] == .null)
        let moved = try JSONValue(parsing: record(operation: .insert, previousKey: #"{"id":6}"#).json)
        #expect(moved["previous_key"]?["id"] == .number("6"))
    }

    @Test("A CloudEvent: all that version 1.0 requires, the record as data, the key and the trace as extensions")
    func cloudEvent() throws {
        let event = try JSONValue(
            parsing: record(context: #"{"traceparent":"00-1-2-01"}"#).text(as: .cloudevents))
        #expect(event["specversion"] == .string("1.0"))
        #expect(event["id"] == .string("7391-123"))
        #expect(event["source"] == .string("/heliograph/public.users"))
        #expect(event["type"] == .string("heliograph.post_save.update"))
        #expect(event["time"] == .string("2026-01-02T03:04:05.678901Z"))
        #expect(event["partitionkey"] == .string(#"{"id":7}"#))
        #expect(event["traceparent"] == .string("00-1-2-01"))
        #expect(event["data"]?["instance"]?["id"] == .number("7"))
        let truncate = try JSONValue(parsing: record(operation: .truncate, instance: nil).text(as: .cloudevents))
        #expect(truncate["subject"] == nil)
        #expect(truncate["traceparent"] == nil)
    }

    @Test("Debezium's envelope: the rows before and after, and where they are from")
    func debezium() throws {
        let update = try JSONValue(
            parsing: record(instance: #"{"id":7,"n":1.10,"email":"b"}"#).text(as: .debezium))
        #expect(update["op"] == .string("u"))
        #expect(update["before"]?.description == #"{"id":7,"n":1.10,"email":"a"}"#)
        #expect(update["after"]?.description == #"{"id":7,"n":1.10,"email":"b"}"#)
        #expect(update["ts_ms"] == .number("1767323045678"))
        #expect(update["source"]?["schema"] == .string("public"))
        #expect(update["source"]?["table"] == .string("users"))
        #expect(update["source"]?["txId"] == .number("7391"))
        let delete = try JSONValue(parsing: record(operation: .delete).text(as: .debezium))
        #expect(delete["op"] == .string("d"))
        #expect(delete["after"] == .null)
        #expect(delete["before"]?["id"] == .number("7"))
        let insert = try JSONValue(parsing: record(operation: .insert).text(as: .debezium))
        #expect(insert["before"] == .null)
        let truncate = try JSONValue(parsing: record(operation: .truncate, instance: nil).text(as: .debezium))
        #expect(truncate["op"] == .string("t"))
        #expect(truncate["after"] == .null)
    }

    @Test(
        "A sender's name is taken apart as SQL would",
        arguments: [
            ("public.users", "public", "users"), (#""My.Schema"."a ""b""""#, "My.Schema", #"a "b""#),
        ])
    func parts(sender: String, schema: String, table: String) {
        #expect(SenderParts(sender).schema == schema)
        #expect(SenderParts(sender).table == table)
    }

    @Test("A context that is no JSON is told as the text it is")
    func strangeContext() throws {
        let value = try JSONValue(parsing: record(context: "not \"json\"").json)
        #expect(value["context"]?.string == "not \"json\"")
        #expect(value["origin"] == .null)
    }

    @Test("A filter names senders, operations, lanes and a first record, all as values")
    func filter() {
        #expect(RecordFilter().condition.text == "true")
        var filter = RecordFilter(
            sources: [
                .init(sender: "public.users", operations: [.update, .insert]),
                .init(sender: "public.books", operations: AttachOptions.Operation.allCases),
            ], laneCount: 8, lanes: [1, 3]
        )
        filter.minimumID = 5
        #expect(
            filter.condition.text
                == "log.id >= $1 AND ((log.sender = $2 AND log.operation = ANY ($3)) OR log.sender = $4)"
                + " AND ((log.lane_hash & 2147483647) % $5) = ANY ($6)"
        )
        #expect(RecordFilter(sources: []).condition.text == "false")
        #expect(RecordFilter(laneCount: 2, lanes: [0, 1]).condition.text == "true")
        #expect(RecordFilter.Source(sender: "a", operations: [.delete, .insert]).operations == [.insert, .delete])
    }
}
