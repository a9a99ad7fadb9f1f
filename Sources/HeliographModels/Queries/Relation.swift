/// A foreign key between two models, as the mapping of the one that refers declares it.
struct Relation {
    /// The column that refers.
    let column: ColumnDescription
    /// Its place.
    let index: Int
    /// The column that is referred to.
    let target: ColumnDescription
    /// Its place.
    let targetIndex: Int

    init<Child: Model, Target: Model>(
        from child: Child.Type, to parent: Target.Type, by path: PropertyPath
    ) throws(ModelError) {
        guard let index = Child.mapping.index(of: path) else {
            throw ModelError(
                .wrongQuery,
                "the mapping of \(Child.self) has no column for the property that is to refer to \(Target.self)")
        }
        let column = Child.mapping.columns[index]
        guard let key = column.foreignKey, key.model == ObjectIdentifier(Target.self), let target = key.columnIndex
        else {
            throw ModelError(
                .wrongQuery, "column \"\(column.name)\" of \(Child.self) is not declared to refer to \(Target.self)")
        }
        self.index = index
        self.column = column
        targetIndex = target
        self.target = Target.mapping.columns[target]
    }
}
