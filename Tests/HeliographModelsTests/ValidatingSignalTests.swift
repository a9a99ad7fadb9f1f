import HeliographPostgres
import Testing

@testable import HeliographModels
@testable import HeliographSignals

@Suite("Signals whose receivers may refuse")
struct ValidatingSignalTests {
    struct Payload: RefusablePayload {
        var visited: [String] = []
        var failure: ValidationFailure?

        mutating func refuse(_ failure: ValidationFailure) {
            guard self.failure != nil else {
                self.failure = failure
                return
            }
            self.failure?.merge(failure)
        }
    }

    struct Outage: Error {}

    let signal = ValidatingSignal(signal: Signal<Payload>("users.preSave"))

    @Test("All receivers run, and their refusals are collected in order")
    func collected() async throws {
        signal.connect("first") { payload in
            payload.visited.append("first")
            throw ValidationFailure(field: "email", code: "invalid", message: "no address")
        }
        signal.connect("second") { payload in
            payload.refuse(field: "username", code: "length", message: "too long")
            payload.visited.append("second")
        }
        signal.connect("third") { $0.visited.append("third") }
        var payload = Payload()
        try await signal.signal.send(&payload)
        #expect(payload.visited == ["first", "second", "third"])
        #expect(payload.failure?.fields.map(\.field) == ["email", "username"])
    }

    @Test("Any other error stops at once")
    func stopped() async {
        signal.connect("first") { _ in throw Outage() }
        signal.connect("second") { $0.visited.append("second") }
        var payload = Payload()
        await #expect(throws: Outage.self) { try await signal.signal.send(&payload) }
        #expect(payload.visited.isEmpty)
    }

    @Test("A failure that comes from the database stops at once: the transaction is aborted")
    func stoppedByDatabase() async {
        let cause = PostgresError(.server, "duplicate key", sqlState: .uniqueViolation)
        signal.connect("first") { _ in throw ValidationFailure([], cause: cause) }
        signal.connect("second") { $0.visited.append("second") }
        var payload = Payload()
        await #expect(throws: ValidationFailure.self) { try await signal.signal.send(&payload) }
        #expect(payload.visited.isEmpty)
        #expect(payload.failure == nil)
    }

    @Test("Connecting twice is a no-op; disconnecting and scoped connection work as with any signal")
    func connecting() async throws {
        #expect(!signal.hasReceivers)
        #expect(signal.connect("one") { $0.visited.append("one") })
        #expect(!signal.connect("one") { $0.visited.append("again") })
        let connected = await signal.withConnected(
            "two",
            { $0.visited.append("two") },
            perform: { signal.receivers }
        )
        #expect(connected == ["one", "two"])
        #expect(signal.receivers == ["one"])
        #expect(signal.disconnect("one"))
        #expect(!signal.disconnect("one"))
    }
}
