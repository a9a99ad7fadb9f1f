import Foundation
import HeliographPostgres
import HeliographSignals

/// What a mapping says of its table, in a form that programs in other processes read: it is compared with the table, and kept in the database.
package struct ModelDescription: Codable, Sendable {
    package struct Column: Codable, Sendable {
        let name: String
        /// The property's type, as Swift code writes it.
        let type: String
        /// The column types that it can be read from, of those that are built in.
        let accepts: [UInt32]
        let acceptsOwnTypes: Bool
        let acceptsOwnArrays: Bool
        let isOptional: Bool
        let isNullable: Bool
        let isGenerated: Bool
        /// Names of unique indexes by which it is unique; `nil` if it is not to be.
        let unique: [String]?
        let labels: [String]?
        let reference: Reference?
        let rules: [Rule]
    }

    package struct Reference: Codable, Sendable {
        let schema: String?
        let table: String
        let sender: String
        /// `nil` for a property without a column.
        let column: String?
        let model: String
        let onDelete: String
        let onUpdate: String
    }

    package struct Rule: Codable, Sendable {
        let code: String
        /// The name of the constraint that says the same; `nil` if SQL cannot say it.
        let constraint: String?
        let isUniqueness: Bool
        let isPresence: Bool
        let fault: String?
    }

    package struct Group: Codable, Sendable {
        let columns: [String]
        /// Whether each property has a column.
        let isWhole: Bool
    }

    package let model: String
    /// The table's name, as SQL has it.
    package let table: String
    /// The table, as the signal log names it.
    package let sender: String
    let key: [String]
    let columns: [Column]
    let groups: [Group]

    init(_ table: TableDescription) {
        model = table.model
        self.table = table.qualifiedName
        sender = table.sender.name
        key = table.columns.filter(\.isKey).map(\.name)
        columns = table.columns.map { Column($0, of: table) }
        groups = table.uniqueGroups.map { group in
            let names = group.columns.filter(table.columns.indices.contains).map { table.columns[$0].name }
            return Group(columns: names, isWhole: names.count == group.columns.count)
        }
    }
}

extension ModelDescription.Column {
    init(_ column: ColumnDescription, of table: TableDescription) {
        name = column.name
        let name = "\(column.valueType)"
        type = name.hasPrefix("Optional<") ? "\(name.dropFirst(9).dropLast())?" : name
        accepts = PostgresType.builtIn.filter { column.valueType.accepts($0.type, element: $0.element) }
            .map(\.type.rawValue)
        // The first identifier that CREATE TYPE gives.
        let own = PostgresType(rawValue: 16_384)
        acceptsOwnTypes = column.valueType.accepts(own, element: nil)
        acceptsOwnArrays = column.valueType.accepts(own, element: own)
        isOptional = column.isOptional
        isNullable = column.isNullable && !column.isKey
        isGenerated = column.isGenerated
        unique =
            column.isUnique
            ? column.constraints
                + ["key", "idx"].map { ConstraintName.chosen(table: table.name, column: column.name, label: $0) } : nil
        labels = column.enumeration?.labels
        reference = column.foreignKey.map { key in
            ModelDescription.Reference(
                schema: key.table.schema, table: key.table.name, sender: key.table.sender.name,
                column: key.column?.name,
                model: key.table.model, onDelete: key.onDelete.rawValue, onUpdate: key.onUpdate.rawValue)
        }
        rules = column.rules.map { rule in
            ModelDescription.Rule(
                code: rule.code,
                constraint: rule.condition(column: column.name) == nil
                    ? nil : table.constraintName(of: rule, on: column),
                isUniqueness: rule.isUniqueness, isPresence: rule.isPresence, fault: rule.fault)
        }
    }
}
