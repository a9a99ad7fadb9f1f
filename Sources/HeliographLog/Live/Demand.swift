/// Which records somebody wants: some operations of some senders, or all.
struct Demand: Sendable, Hashable {
    /// By sender; `nil` for all records.
    private var operations: [String: Set<AttachOptions.Operation>]?

    static let none = Demand([])
    static let all = Demand(nil)

    /// - Parameter sources: `nil` for all records.
    init(_ sources: [RecordFilter.Source]?) {
        operations = sources.map { sources in
            Dictionary(sources.map { ($0.sender, Set($0.operations)) }) { $0.union($1) }
        }
    }

    var isEmpty: Bool { operations?.isEmpty ?? false }

    mutating func formUnion(_ other: Demand) {
        guard let mine = operations, let others = other.operations else {
            operations = nil
            return
        }
        operations = mine.merging(others) { $0.union($1) }
    }

    /// Whether whoever reads for this one has also what the other wants.
    func covers(_ other: Demand) -> Bool {
        guard let mine = operations else { return true }
        return other.operations?.allSatisfy { $0.value.isSubset(of: mine[$0.key] ?? []) } ?? false
    }

    func contains(_ record: Record) -> Bool {
        operations.map { $0[record.sender]?.contains(record.operation) ?? false } ?? true
    }

    /// The same for a statement; always in one order, so that it stays prepared.
    var filter: RecordFilter {
        RecordFilter(
            sources: operations.map { operations in
                operations.sorted { $0.key < $1.key }.map { .init(sender: $0.key, operations: $0.value) }
            }
        )
    }
}
