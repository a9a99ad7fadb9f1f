public import HeliographSignals
import Synchronization

/// The signals of all models that are saved and deleted through the ``Database``s it was given to.
///
/// ```swift
/// let signals = ModelSignals()
/// signals.postSave(User.self).connect("bookshop.audit") { save in
///     try await save.transaction.execute("INSERT INTO audit (username) VALUES (\(save.instance.username))")
/// }
/// let database = Database(pool: pool, signals: signals)
/// ```
///
/// | signal | runs | if a receiver throws |
/// |---|---|---|
/// | ``preSave(_:)``, ``preDelete(_:)`` | in the transaction, before the SQL | nothing is written |
/// | ``postSave(_:)``, ``postDelete(_:)`` | in the transaction, after the SQL | the save throws; let it roll the transaction back |
/// | ``afterCommit(_:)`` | after the outermost COMMIT | it is logged; the others run |
///
/// Changes that other programs make, or plain SQL, do not come here: subscribe to the signal log for those.
public final class ModelSignals: Sendable {
    /// Sent after each COMMIT of a transaction that may have written, before its after-commit hooks, whatever it wrote. For what
    /// looks at the log itself, such as a `LiveMirror`.
    public let committed = Signal<Void>("committed")

    private let relations = Mutex<[RelationKey: any MutableSignal]>([:])
    private let sets = Mutex<[ObjectIdentifier: any AnyModelSignalSet]>([:])

    /// Creates signals without receivers.
    public init() {}

    /// Names models without receivers by which deletions go on to others: of User, Order and Item, each of which is deleted with the one before,
    /// the deletion of a user reaches receivers of Item only if Order is known.
    ///
    /// - Parameter models: The models. Those with receivers are known anyway.
    public func know(_ models: any Model.Type...) {
        func add<M: Model>(_ model: M.Type) { _ = set(for: model) }
        for model in models { add(model) }
    }

    /// Sent before an instance is inserted or updated. Receivers may change it, or refuse it.
    public func preSave<M: Model>(_ model: M.Type) -> ValidatingSignal<Saving<M>> {
        ValidatingSignal(signal: set(for: model).preSave)
    }

    /// Sent after an instance has been inserted or updated, in the same transaction.
    public func postSave<M: Model>(_ model: M.Type) -> Signal<Saved<M>> { set(for: model).postSave }

    /// Sent before an instance's row is deleted. Receivers may refuse.
    public func preDelete<M: Model>(_ model: M.Type) -> ValidatingSignal<Deleting<M>> {
        ValidatingSignal(signal: set(for: model).preDelete)
    }

    /// Sent after an instance's row has been deleted, in the same transaction.
    public func postDelete<M: Model>(_ model: M.Type) -> Signal<Deleted<M>> { set(for: model).postDelete }

    /// Sent for each save and deletion of a transaction, in their order, after it has been committed.
    ///
    /// It reaches the receivers if there were any when the instance was saved.
    public func afterCommit<M: Model>(_ model: M.Type) -> Signal<Committed<M>> { set(for: model).afterCommit }

    /// Sent before and after rows of a relation of many to many are made or removed by ``Links``, whichever side it is done from.
    public func relation<Left: Model, Right: Model, Through: Model, LeftKey, RightKey>(
        _ relation: ManyToMany<Left, Right, Through, LeftKey, RightKey>
    ) -> Signal<RelationChange<LeftKey, RightKey>> {
        relations.withLock { relations in
            let key = RelationKey(left: PropertyPath(relation.left), right: PropertyPath(relation.right))
            if let signal = relations[key] as? Signal<RelationChange<LeftKey, RightKey>> { return signal }
            let signal = Signal<RelationChange<LeftKey, RightKey>>("\(Through.mapping.sender.name).relation")
            relations[key] = signal
            return signal
        }
    }

    private struct RelationKey: Hashable {
        let left: PropertyPath
        let right: PropertyPath
    }

    /// Who listens to what: by model, moment and the order in which they run.
    public var receivers: [ModelReceiver] {
        sets.withLock { Array($0.values) }.flatMap(\.receivers).enumerated().sorted {
            ($0.element.sender.name, $0.offset) < ($1.element.sender.name, $1.offset)
        }.map(\.element)
    }

    /// Sends no signals of some models for the time of a closure, in this task and those it starts meanwhile: for fixtures and imports. What other
    /// tasks save at the same time is heard by everybody; so is the signal log, which hears every commit.
    ///
    /// ```swift
    /// try await signals.withMuted(User.self, Book.self) { try await loadFixtures() }
    /// ```
    ///
    /// - Parameters:
    ///   - models: Those whose receivers hear nothing, validating ones among them.
    ///   - body: Runs with their signals muted.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withMuted<Result>(
        _ models: any Model.Type..., perform body: () async throws -> Result
    ) async rethrows -> Result {
        func signals<M: Model>(of model: M.Type) -> [any MutableSignal] { set(for: model).signals }
        return try await Muting.with(models.flatMap { signals(of: $0) }, nil, from: nil, body)
    }

    /// Whether anybody hears ``committed``.
    package var hearsCommits: Bool { committed.hasReceivers() }

    /// Tells ``committed``, of whose receivers none can stop what follows.
    package func tellCommitted() async {
        guard hearsCommits else { return }
        var nothing: Void = ()
        await committed.sendRobust(&nothing)
    }

    /// The foreign keys by which rows are deleted with those of a model, as far as somebody is to hear of it.
    func dependents<M: Model>(of model: M.Type) -> [any AnyDependents] {
        let known = sets.withLock { $0 }
        /// Whether somebody hears of deletions of a model, or of those that they lead to.
        func hears(_ start: ObjectIdentifier) -> Bool {
            var (reached, waiting) = (Set([start]), [start])
            while let id = waiting.popLast() {
                if known[id]?.hearsDeletions == true { return true }
                for next in known where !next.value.dependents(of: id).isEmpty && reached.insert(next.key).inserted {
                    waiting.append(next.key)
                }
            }
            return false
        }
        let id = ObjectIdentifier(model)
        return known.filter { !$0.value.dependents(of: id).isEmpty && hears($0.key) }
            .sorted { $0.value.sender < $1.value.sender }.flatMap { $0.value.dependents(of: id) }
    }

    func hasDependents<M: Model>(of model: M.Type) -> Bool { !dependents(of: model).isEmpty }

    /// The signals of a model, made when they are first asked for.
    func set<M: Model>(for model: M.Type) -> ModelSignalSet<M> {
        sets.withLock { sets in
            let id = ObjectIdentifier(model)
            if let set = sets[id] as? ModelSignalSet<M> { return set }
            let set = ModelSignalSet<M>()
            sets[id] = set
            return set
        }
    }
}
