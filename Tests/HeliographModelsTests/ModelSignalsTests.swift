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
}
