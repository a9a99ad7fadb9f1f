/// What is to be done after a transaction's commit, exact over savepoints: what was asked for in a savepoint that rolled
/// back is dropped, and the rest keeps its order.
///
/// No input or output, and total: a savepoint that was never opened can be closed without effect.
struct AfterCommitQueue<Hook> {
    private var hooks: [Hook] = []
    /// For each open savepoint, from the outermost in: how many hooks were there when it was opened.
    private var marks: [Int] = []

    /// Adds a hook behind the others.
    mutating func append(_ hook: Hook) { hooks.append(hook) }

    /// Notes that a savepoint is opened in the innermost open one.
    mutating func openSavepoint() { marks.append(hooks.count) }

    /// Notes that the innermost savepoint is kept: its hooks are now its parent's.
    mutating func releaseSavepoint() { _ = marks.popLast() }

    /// Notes that the innermost savepoint is undone, and drops its hooks.
    mutating func rollBackSavepoint() {
        guard let mark = marks.popLast() else { return }
        hooks.removeSubrange(mark...)
    }

    /// All hooks, in their order; the queue is empty then.
    mutating func takeAll() -> [Hook] {
        defer {
            hooks = []
            marks = []
        }
        return hooks
    }
}
