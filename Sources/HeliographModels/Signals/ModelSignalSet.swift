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

    var sender: String { M.mapping.sender.name }

    var signals: [any MutableSignal] { [preSave, postSave, preDelete, postDelete, afterCommit] }

    /// Whether anybody is to hear of a deletion.
    var hearsDeletions: Bool {
        preDelete.hasReceivers() || postDelete.hasReceivers() || afterCommit.hasReceivers()
    }

    /// Whether anybody is to hear of a row that has been written.
    var hearsWrites: Bool { postSave.hasReceivers() || afterCommit.hasReceivers() }

    func dependents(of model: ObjectIdentifier) -> [any AnyDependents] {
        M.mapping.columns.enumerated().compactMap { index, column in
            guard let key = column.foreignKey, key.model == model, key.onDelete == .cascade,
                let target = key.columnIndex
            else { return nil }
            return Dependents<M>(index: index, target: target)
        }
    }

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
    /// The sender's name.
    var sender: String { get }
    var signals: [any MutableSignal] { get }
    var receivers: [ModelReceiver] { get }
    var hearsDeletions: Bool { get }
    /// The foreign keys by which rows of this model are deleted with those of another.
    func dependents(of model: ObjectIdentifier) -> [any AnyDependents]
}
