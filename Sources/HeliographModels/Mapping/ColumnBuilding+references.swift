extension ColumnBuilding {
    /// Says that the value is that of another model's row, or of another row of the same model: a foreign key.
    ///
    /// - Parameters:
    ///   - target: The property it refers to: `\Author.id`.
    ///   - onDelete: What becomes of this row when that one is deleted. Default: it cannot be deleted.
    ///   - onUpdate: What becomes of the value when that one changes. Default: it cannot change.
    public func references<Target: Model>(
        _ target: any KeyPath<Target, Value> & Sendable, onDelete: ForeignKey.Action = .noAction,
        onUpdate: ForeignKey.Action = .noAction
    ) -> Self {
        describing { $0.foreignKey = ForeignKey(Target.self, target, onDelete, onUpdate) }
    }

    /// Says that the value is that of another model's row, whose key the database draws: a foreign key.
    ///
    /// - Parameters:
    ///   - target: The property it refers to: `\Author.id`.
    ///   - onDelete: What becomes of this row when that one is deleted. Default: it cannot be deleted.
    ///   - onUpdate: What becomes of the value when that one changes. Default: it cannot change.
    public func references<Target: Model>(
        _ target: any KeyPath<Target, Value?> & Sendable, onDelete: ForeignKey.Action = .noAction,
        onUpdate: ForeignKey.Action = .noAction
    ) -> Self {
        describing { $0.foreignKey = ForeignKey(Target.self, target, onDelete, onUpdate) }
    }

    /// Says that the value, if there is one, is that of another model's row: a foreign key.
    ///
    /// - Parameters:
    ///   - target: The property it refers to: `\Country.code`.
    ///   - onDelete: What becomes of this row when that one is deleted. Default: it cannot be deleted.
    ///   - onUpdate: What becomes of the value when that one changes. Default: it cannot change.
    public func references<Target: Model, Wrapped>(
        _ target: any KeyPath<Target, Wrapped> & Sendable, onDelete: ForeignKey.Action = .noAction,
        onUpdate: ForeignKey.Action = .noAction
    ) -> Self where Value == Wrapped? {
        describing { $0.foreignKey = ForeignKey(Target.self, target, onDelete, onUpdate) }
    }
}
