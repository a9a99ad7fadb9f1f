import HeliographSignals

/// The signals of one model.
final class ModelSignalSet<M: Model>: Sendable {
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
}
