import HeliographModels
import HeliographSignals
import Testing

@Suite("The signals of models")
struct ModelSignalsTests {
    @Test("A model's signals are the same at each call, and apart from other models' and other sets'")
    func identity() {
        let signals = ModelSignals()
        signals.postSave(User.self).connect("one") { _ in }
        signals.preDelete(User.self).connect("one") { _ in }
        #expect(signals.postSave(User.self) === signals.postSave(User.self))
        #expect(signals.postSave(User.self).hasReceivers())
        #expect(signals.preDelete(User.self).hasReceivers)
        #expect(!signals.preSave(User.self).hasReceivers)
        #expect(!signals.postSave(Profile.self).hasReceivers())
        #expect(!ModelSignals().postSave(User.self).hasReceivers())
        #expect(signals.afterCommit(Profile.self).name == "shop.profiles.afterCommit")
    }

    @Test("Who listens to what, in which order and moment")
    func listing() {
        let signals = ModelSignals()
        signals.postSave(User.self).connect("mail", order: 5) { _ in }
        signals.postSave(User.self).connect("audit") { _ in }
        signals.preSave(User.self).connect("email") { _ in }
        signals.afterCommit(Profile.self).connect("index") { _ in }
        let words = signals.receivers.map { "\($0.sender) \($0.moment.rawValue) \($0.receiver)" }
        #expect(
            words == [
                "public.users preSave email", "public.users postSave audit", "public.users postSave mail (order 5)",
                "shop.profiles afterCommit index",
            ])
    }

    @Test("Muting takes all of a model's signals, and no other model's")
    func muting() async {
        let signals = ModelSignals()
        signals.preSave(User.self).connect("one") { _ in }
        signals.postDelete(User.self).connect("one") { _ in }
        signals.postSave(Profile.self).connect("one") { _ in }
        await signals.withMuted(User.self, Membership.self) {
            #expect(!signals.preSave(User.self).hasReceivers && !signals.postDelete(User.self).hasReceivers())
            #expect(signals.postSave(Profile.self).hasReceivers())
        }
        #expect(signals.preSave(User.self).hasReceivers && signals.postDelete(User.self).hasReceivers())
    }
}
