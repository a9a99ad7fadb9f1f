import HeliographPostgres

/// Rows of a model that refer to another's, and are deleted with them.
struct Dependents<Child: Model>: AnyDependents {
    /// The column that refers.
    let index: Int
    /// The column that is referred to.
    let target: Int

    func delete<Parent: Model>(
        of parents: [Parent], roots: (Parent) -> any Model, in transaction: Transaction
    ) async throws {
        try transaction.expectRows()
        for batch in Batches(parents, of: 1_000) {
            var owners: [Bind: Parent] = [:]
            for parent in batch { owners[Parent.mapping.values(parent)[target]] = parent }
            let keys = SQL.joined(owners.keys.map { "\(bind: $0)" }, by: ", ")
            let condition: SQL = "\(identifier: Child.mapping.columns[index].name) IN (\(keys))"
            let children = try await transaction.run("\(Child.mapping.rows(of: condition)) FOR UPDATE").map(
                Child.mapping.decode)
            // Rows may refer to each other in a circle: those that are being deleted are not deleted again.
            let fresh = transaction.notBeingDeleted(children)
            guard !fresh.isEmpty else { continue }
            func root(_ child: Child) -> any Model {
                owners[Child.mapping.values(child)[index]].map(roots) ?? child
            }
            try await transaction.deleteLocked(fresh, roots: root) { .cascade(from: root($0)) }
        }
    }
}

/// The same, whichever models they are.
protocol AnyDependents {
    /// - Parameter roots: what the program has deleted, with which a parent goes; itself, if it is that.
    func delete<Parent: Model>(
        of parents: [Parent], roots: (Parent) -> any Model, in transaction: Transaction
    ) async throws
}
