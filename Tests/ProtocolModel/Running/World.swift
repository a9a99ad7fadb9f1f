/// What everybody in a simulation shares.
final class World {
    let scenario: Scenario
    let flaw: Flaw?
    let server: Server
    var outside = Outside()
    var receivers: ReceiverBehaviour
    var random: SeededGenerator
    var isDraining = false

    init(_ scenario: Scenario, flaw: Flaw?, server: Server, receivers: ReceiverBehaviour, random: SeededGenerator) {
        self.scenario = scenario
        self.flaw = flaw
        self.server = server
        self.receivers = receivers
        self.random = random
    }

    var now: Int { server.now }

    func note(_ kind: Trace.Kind, _ actor: Participant, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) {
        server.trace.note(kind, actor, at: server.now, a, b, c)
    }
}
