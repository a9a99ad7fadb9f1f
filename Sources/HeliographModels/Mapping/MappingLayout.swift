/// What the columns of a mapping are, put together one by one.
@usableFromInline
struct MappingLayout<Root: Sendable>: Sendable {
    private(set) var descriptions: [ColumnDescription] = []
    private(set) var places: [PropertyPath: Int] = [:]
    private(set) var validators = Validators<Root>()

    @usableFromInline
    init() {}

    @usableFromInline
    mutating func add<Value>(_ column: Column<Root, Value>) {
        for property in column.properties { places[property.path] = descriptions.count + property.index }
        validators.add(column, at: descriptions.count)
        descriptions += column.descriptions
    }
}
