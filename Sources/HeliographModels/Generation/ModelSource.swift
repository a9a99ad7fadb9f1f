import HeliographPostgres

/// The Swift code of a model for a table that is there: a struct, its mapping, and the enums of its columns.
///
/// What it writes compiles, and fits the table as ``Database/verify(_:)`` sees it, apart from what it says in a comment beginning with `CHECK`.
package struct ModelSource {
    /// The code, with its imports.
    package let text: String

    /// Reads a table and writes its model.
    ///
    /// - Parameters:
    ///   - table: The table, as SQL names it.
    ///   - name: The model's name. Default: the table's, in the singular.
    ///   - reader: Where the table is.
    /// - Throws: ``ModelError`` with `mismatch` if there is no such table, or it has no columns; `PostgresError`.
    package init(table: String, name: String? = nil, from reader: some ModelReader) async throws {
        guard let live = try await LiveTable.read(table, from: reader) else {
            throw ModelError(
                .mismatch,
                "there is no table \(table): name it as SQL does, with its schema if it is not in the search path")
        }
        guard !live.columns.isEmpty else { throw ModelError(.mismatch, "the table \(table) has no columns") }
        text = Self.text(of: live, name: name ?? SwiftNames.type(live.name))
    }

    private struct Property {
        let column: LiveTable.Column
        let name: String
        let type: String
        let isOptional: Bool
        let isKey: Bool
        var modifiers: [String] = []
        var remarks: [String] = []
    }

    static func text(of live: LiveTable, name: String) -> String {
        let key =
            live.uniqueIndexes.first(where: \.isPrimary)
            ?? live.uniqueIndexes.first { index in
                index.isOfColumns
                    && index.columns.allSatisfy { name in live.columns.contains { $0.name == name && $0.isNotNull } }
            }
        let keyColumns = Set(key?.columns ?? [])
        let names = SwiftNames.distinct(live.columns.map { SwiftNames.property($0.name) })
        let enums = live.columns.filter { !$0.labels.isEmpty && $0.element == nil }
        let typeNames = Dictionary(
            zip(
                enums.map(\.typeName),
                SwiftNames.distinct([name] + enums.map { SwiftNames.type($0.bareTypeName) }).dropFirst()),
            uniquingKeysWith: { first, _ in first })
        let properties = zip(live.columns, names).map { column, name in
            property(
                column, name, in: live, isKey: keyColumns.contains(column.name), enumName: typeNames[column.typeName])
        }
        var lines: [String] = []
        let foundation = ["Date", "UUID", "Decimal", "Data"]
        if properties.contains(where: { property in
            property.type.split(whereSeparator: { !$0.isLetter && !$0.isNumber }).contains {
                foundation.contains(String($0))
            }
        }) {
            lines.append("import Foundation")
        }
        lines += ["import Heliograph", ""]
        lines += comment(live.comment)
        lines.append("struct \(name): Model {")
        var seen: Set<String> = []
        for column in enums where seen.insert(column.typeName).inserted {
            lines += enumeration(column, typeNames[column.typeName] ?? "")
        }
        for property in properties {
            lines += comment(property.column.comment).map { "    \($0)" }
            lines += property.remarks.map { "    // CHECK: \($0)" }
            lines.append("    var \(property.name): \(property.type)")
        }
        if key == nil {
            lines.append(
                "    // CHECK: the table has no primary key and no unique constraint: a model needs a Key to be updated or deleted."
            )
        }
        lines.append("")
        lines += mapping(live, name, properties)
        lines += ["}", ""]
        return lines.joined(separator: "\n")
    }

    private static func mapping(_ live: LiveTable, _ name: String, _ properties: [Property]) -> [String] {
        let schema = live.schema == "public" ? "" : ", schema: \(literal(live.schema))"
        var lines = ["    static let mapping = Mapping(\(literal(live.name))\(schema), \(name).init) {"]
        for property in properties {
            let kind = property.isKey ? "Key" : "Column"
            let modifiers = property.modifiers.map { ".\($0)" }.joined()
            lines.append("        \(kind)(\(literal(property.column.name)), \\.\(property.name))\(modifiers)")
        }
        lines.append("    }")
        for index in live.uniqueIndexes where !index.isPrimary && index.isOfColumns && index.columns.count > 1 {
            let paths = index.columns.compactMap { column in
                properties.first { $0.column.name == column }.map { "\\.\($0.name)" }
            }
            lines.append("    .unique(\(paths.joined(separator: ", ")), constraint: \(literal(index.name)))")
        }
        return lines
    }

    private static func property(
        _ column: LiveTable.Column, _ name: String, in live: LiveTable, isKey: Bool, enumName: String?
    ) -> Property {
        let (type, remark) = swiftType(of: column, enumName: enumName)
        // A key that the database draws, and whatever it alone writes, is nil until then.
        let isGenerated = column.isReadOnly || isKey && column.isFilledIn || column.isNotNull && column.isVolatile
        let isOptional = isGenerated || !column.isNotNull
        var property = Property(
            column: column, name: name, type: isOptional ? "\(type)?" : type, isOptional: isOptional, isKey: isKey)
        if isGenerated, !isKey { property.modifiers.append("generated()") }
        if enumName != nil { property.modifiers.append("enumeration(\(literal(column.bareTypeName)))") }
        for index in live.uniqueIndexes where !index.isPrimary && index.isOfColumns && index.columns == [column.name] {
            let chosen = ["key", "idx"].map { ConstraintName.chosen(table: live.name, column: column.name, label: $0) }
            property.modifiers.append(
                chosen.contains(index.name) ? "unique()" : "unique(constraint: \(literal(index.name)))")
            break
        }
        if let remark { property.remarks.append(remark) }
        for reference in live.references where reference.columns == [column.name] {
            let target =
                reference.table == live.name && reference.schema == live.schema ? nil : SwiftNames.type(reference.table)
            let path = "\\\(target ?? "Self").\(SwiftNames.property(reference.targets.first ?? "id"))"
            var actions = ""
            if reference.onDelete != .noAction { actions += ", onDelete: .\(reference.onDelete)" }
            if reference.onUpdate != .noAction { actions += ", onUpdate: .\(reference.onUpdate)" }
            // The other model may not be there yet: then this line is what is missing.
            property.remarks.append("add .references(\(path)\(actions)) when there is that model")
        }
        return property
    }

    private static func swiftType(of column: LiveTable.Column, enumName: String?) -> (String, remark: String?) {
        if let enumName { return (enumName, nil) }
        if let element = column.element, column.type != .bytea {
            guard let name = scalars[element] else { return ("[String]", "\(column.typeName) has no counterpart here") }
            return ("[\(name)]", nil)
        }
        if let name = scalars[column.type] { return (name, nil) }
        if column.type.isUserDefined { return ("String", nil) }
        return ("String", "\(column.typeName) has no counterpart here: convert it in SQL, or leave the column out")
    }

    private static let scalars: [PostgresType: String] = [
        .bool: "Bool", .int2: "Int16", .int4: "Int32", .int8: "Int64", .oid: "Int64", .float4: "Float",
        .float8: "Double",
        .numeric: "Decimal", .text: "String", .varchar: "String", .bpchar: "String", .name: "String", .char: "String",
        .json: "String", .jsonb: "String", .xml: "String", .uuid: "UUID", .bytea: "Data", .timestamptz: "Date",
        .timestamp: "LocalDateTime", .date: "LocalDate", .time: "LocalTime", .interval: "Interval",
        .int4range: "PostgresRange<Int32>", .int8range: "PostgresRange<Int64>", .numrange: "PostgresRange<Decimal>",
        .tstzrange: "PostgresRange<Date>", .tsrange: "PostgresRange<LocalDateTime>",
        .daterange: "PostgresRange<LocalDate>",
    ]

    private static func enumeration(_ column: LiveTable.Column, _ name: String) -> [String] {
        let cases = SwiftNames.distinct(column.labels.map(SwiftNames.enumCase))
        let lines = zip(cases, column.labels).map { name, label in
            name.filter { $0 != "`" } == label ? "        case \(name)" : "        case \(name) = \(literal(label))"
        }
        return ["    enum \(name): String, CaseIterable, PostgresCodable {"] + lines + ["    }", ""]
    }

    private static func comment(_ text: String?) -> [String] {
        (text ?? "").split(whereSeparator: \.isNewline).map { "/// \($0)" }
    }

    private static func literal(_ text: String) -> String { text.debugDescription }
}

extension LiveTable.Column {
    /// Whether what the database fills in is another value each time, such as the time, so that a program would rather not give one.
    fileprivate var isVolatile: Bool {
        guard isFilledIn else { return false }
        guard let expression = defaultExpression else { return true }
        return [
            "now()", "CURRENT_TIMESTAMP", "CURRENT_DATE", "clock_timestamp()", "gen_random_uuid()", "uuid_generate",
            "nextval(",
        ]
        .contains { expression.contains($0) }
    }
}
