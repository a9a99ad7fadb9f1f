import HeliographPostgres

/// What a query returns for each row.
struct Selection<Output: Sendable>: Sendable {
    /// What stands behind SELECT.
    let list: SQL
    let joins: JoinList
    /// How many columns that is.
    let width: Int
    /// Makes it of a row, from a column on.
    let decode: @Sendable (Row, Int) throws -> Output
    let fault: ModelError?
}

extension Selection where Output: Model {
    /// Instances.
    static func instances(_ fields: Fields<Output>) -> Self {
        let mapping = Output.mapping
        let width = mapping.columns.count
        return Self(
            list: fields.list, joins: fields.joins, width: width,
            decode: { row, offset in
                try mapping.storage.makeFromRow(row, offset == 0 ? nil : Array(offset..<offset + width))
            }, fault: fields.fault)
    }
}

extension Selection {
    /// Instances of what a relation leads to, where it may lead nowhere.
    static func optionalInstances<Target: Model>(_ fields: Fields<Target>) -> Self where Output == Target? {
        let all = Selection<Target>.instances(fields)
        let key = Target.mapping.columns.firstIndex { $0.isKey || !$0.isNullable } ?? 0
        return Self(
            list: all.list, joins: all.joins, width: all.width,
            decode: { row, offset in
                row.isNull(offset + key) ? nil : try all.decode(row, offset)
            }, fault: all.fault)
    }

    /// This, and something beside it.
    func with<Other>(_ other: Selection<Other>) -> Selection<(Output, Other)> {
        let (decode, otherDecode, width) = (decode, other.decode, width)
        return Selection<(Output, Other)>(
            list: "\(list), \(other.list)", joins: joins + other.joins, width: width + other.width,
            decode: { row, offset in (try decode(row, offset), try otherDecode(row, offset + width)) },
            fault: fault ?? other.fault)
    }
}
