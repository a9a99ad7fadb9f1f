/// The rules of a model's columns, or of a nested value's.
struct Validators<Root: Sendable>: Sendable {
    private var all: [@Sendable (Root, inout [FieldError]) -> Void] = []
    /// The places, among the columns of the value, of those with ``Rule/unique``.
    private(set) var uniqueColumns: [Int] = []

    /// Whether there are none.
    var isEmpty: Bool { all.isEmpty && uniqueColumns.isEmpty }

    /// Adds the rules of a column.
    /// - Parameter index: its place among the columns of the value.
    mutating func add<Value>(_ column: Column<Root, Value>, at index: Int) {
        let path = column.path
        if !column.rules.isEmpty, let name = column.descriptions.first?.name {
            let rules = column.rules.filter { !$0.declaration.isUniqueness }
            if rules.count < column.rules.count { uniqueColumns.append(index) }
            if !rules.isEmpty {
                all.append { instance, errors in
                    let value = instance[keyPath: path]
                    // The first that is broken is enough: an empty address is missing, not of a wrong form.
                    guard let rule = rules.first(where: { !$0.holds(value) }) else { return }
                    errors.append(
                        FieldError(field: name, code: rule.declaration.code, message: rule.declaration.message))
                }
            }
        }
        let nested = column.nestedValidators
        uniqueColumns += nested.uniqueColumns.map { index + $0 }
        if !nested.all.isEmpty {
            all.append { instance, errors in errors += nested.errors(of: instance[keyPath: path]) }
        }
    }

    /// What the rules refuse, in the order of the columns.
    func errors(of instance: Root) -> [FieldError] {
        var errors: [FieldError] = []
        for validate in all { validate(instance, &errors) }
        return errors
    }
}
