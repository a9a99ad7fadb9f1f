import HeliographSignals

/// The signals of one model.
final class ModelSignalSet<M: Model>: AnyModelSignalSet {
    let preSave: Signal<Saving<M>>
    let postSave: Signal<Saved<M>>
    let preDelete: Signal<Deleting<M>>
    let postDelete: Signal<Deleted<M>>
    let afterCommit: Signal<Committed<M>>

    init() {
        let sender = M.mapping.sender.name
        preSave = Signal("\(sender).preSave")
        postSave = Signal("\(sender).postSave")
        preDelete = Signal("\(sender).preDelete")
        postDelete = Signal("\(sender).postDelete")
        afterCommit = Signal("\(sender).afterCommit")
    }

    var signals: [any MutableSignal] { [preSave, postSave, preDelete, postDelete, afterCommit] }

    var receivers: [ModelReceiver] {
        func all(_ moment: ModelReceiver.Moment, _ receivers: [ReceiverDescription]) -> [ModelReceiver] {
            receivers.map { ModelReceiver(sender: M.mapping.sender, moment: moment, receiver: $0) }
        }
        return all(.preSave, preSave.descriptions) + all(.postSave, postSave.descriptions)
            + all(.preDelete, preDelete.descriptions) + all(.postDelete, postDelete.descriptions)
            + all(.afterCommit, afterCommit.descriptions)
    }
}

/// The signals of a model, whichever it is.
protocol AnyModelSignalSet: Sendable {
    var signals: [any MutableSignal] { get }
    var receivers: [ModelReceiver] { get }
}
