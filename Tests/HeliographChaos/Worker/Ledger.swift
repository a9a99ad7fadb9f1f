import Heliograph

/// The effects of changes: a row each, and a counter for each key. Nothing in the database keeps them from being
/// applied twice.
struct Ledger: Sendable {
    let receiver: WorkerPlan.Kind
    let plan: WorkerPlan

    /// The effect of one change.
    func entry(_ change: Change) -> SQL {
        """
        INSERT INTO effect (receiver, key, version, operation, record, worker, revision)
        VALUES (\(receiver.rawValue), \(change.key), \(change.version), \(change.operation), \(change.record),
            \(plan.name), \(Int32(clamping: plan.revision)))
        """
    }

    func count(_ change: Change) -> SQL {
        """
        INSERT INTO balance AS b (receiver, key, changes, version)
        VALUES (\(receiver.rawValue), \(change.key), 1, \(change.version))
        ON CONFLICT (receiver, key) DO UPDATE SET changes = b.changes + 1, version = excluded.version
        """
    }

    /// The effects of many changes, in their order.
    func entries(_ changes: [Change]) -> SQL {
        """
        INSERT INTO effect (receiver, key, version, operation, record, worker, revision)
        SELECT \(receiver.rawValue), key, version, operation, record, \(plan.name), \(Int32(clamping: plan.revision))
        FROM unnest(
            \(changes.map(\.key)), \(changes.map(\.version)), \(changes.map(\.operation)), \(changes.map(\.record))
        ) WITH ORDINALITY AS change (key, version, operation, record, number) ORDER BY number
        """
    }

    func counts(_ changes: [Change]) -> SQL {
        """
        INSERT INTO balance AS b (receiver, key, changes, version)
        SELECT \(receiver.rawValue), key, count(*), max(version)
        FROM unnest(\(changes.map(\.key)), \(changes.map(\.version))) AS change (key, version) GROUP BY key ORDER BY key
        ON CONFLICT (receiver, key) DO UPDATE SET changes = b.changes + excluded.changes, version = excluded.version
        """
    }

    /// One of the rows that two subscriptions update.
    func touch(_ shared: Int64) -> SQL { "UPDATE shared SET touches = touches + 1 WHERE id = \(shared)" }
}
