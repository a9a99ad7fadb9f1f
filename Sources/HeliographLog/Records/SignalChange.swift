/// What happened to a row.
public enum SignalChange: Sendable, Hashable, CaseIterable {
    case created, updated, deleted, truncated

    package var operation: AttachOptions.Operation {
        switch self {
        case .created: .insert
        case .updated: .update
        case .deleted: .delete
        case .truncated: .truncate
        }
    }
}
