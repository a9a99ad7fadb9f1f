import HeliographLog
import HeliographPostgres
import Testing

@testable import HeliographWorker

@Suite("What a worker tells of how it receives")
struct ReceivingPolicyTests {
    private static let sources = [RecordFilter.Source(sender: "public.t", operations: [.insert])]

    @Test("The defaults, in one form; read back it is the same")
    func defaults() throws {
        let policy = Subscription("a", sources: Self.sources) { _, _ in }.policy(.init())
        let text = policy.json.description
        #expect(
            text == #"{"mode":"transactional","unit":"each","concurrency":1,"timeout_ms":20000,"attempts":20,"#
                + #""backoff_ms":100,"longest_backoff_ms":60000,"on_dead":"block","order":"perKey","parked_per_key":1000}"#
        )
        #expect(ReceivingPolicy(try JSONValue(parsing: text)) == policy)
    }

    @Test("The subscription's own wait before the worker's; the kind of receiver")
    func kinds() throws {
        let configuration = WorkerConfiguration(retryBackoff: Backoff(initial: .seconds(7), maximum: .seconds(8)))
        let retry = RetryPolicy(
            maximumAttempts: 3, backoff: Backoff(initial: .seconds(1), maximum: .seconds(2)), onDead: .release,
            order: .unordered, maximumParkedPerKey: 4)
        let kinds = [
            Subscription("a", batchesOf: Self.sources) { _, _ in },
            Subscription("a", externalOn: Self.sources, concurrency: 5) { _, _ in },
            Subscription("a", externalBatchesOf: Self.sources, retry: retry, timeout: .seconds(90)) { _, _ in },
        ].map { $0.policy(configuration) }
        #expect(
            kinds.map { "\($0.mode) \($0.unit) \($0.concurrency)" } == [
                "transactional batch 1", "external each 5", "external batch 1",
            ])
        #expect(kinds[0].backoff == configuration.retryBackoff && kinds[2].backoff == retry.backoff)
        #expect(kinds[2].onDead == "release" && kinds[2].order == "unordered" && kinds[2].maximumParkedPerKey == 4)
        #expect(kinds[2].maximumAttempts == 3 && kinds[2].timeout == .seconds(90))
        for policy in kinds { #expect(ReceivingPolicy(try JSONValue(parsing: policy.json.description)) == policy) }
    }

    @Test("What says less, or nothing, is no policy; times that are no times are cut, not refused")
    func odd() throws {
        for text in ["{}", "null", "[]", #"{"mode":"transactional"}"#] {
            #expect(ReceivingPolicy(try JSONValue(parsing: text)) == nil)
        }
        let forever = Subscription("a", sources: Self.sources, timeout: .seconds(Int64.max)) { _, _ in }
        #expect(forever.policy(.init()).json["timeout_ms"] == .number("\(Int64.max)"))
        #expect(ReceivingPolicy(forever.policy(.init()).json) != nil)
    }
}
