import Foundation
public import HeliographPostgres

/// The tables of some models, as their mappings declare them.
///
/// ```swift
/// let schema = ModelSchema(User.self, Book.self)
/// try await database.create(schema)  // or print(try schema.statements) into a migration
/// try await database.verify(schema)  // at every start
/// ```
public struct ModelSchema: Sendable {
    /// The tables, in the order of the models.
    public let tables: [TableDescription]

    /// - Parameter models: The models. The order does not matter.
    public init(_ models: any Model.Type...) {
        func table<M: Model>(_ model: M.Type) -> TableDescription { M.mapping.table }
        tables = models.map { table($0) }
    }

    /// What makes the tables, with their types, constraints and rules, in the order in which it can be run.
    ///
    /// - Throws: ``ModelError`` with `mismatch` for a mapping that does not say enough, such as what the database is to fill in.
    public var statements: [String] {
        get throws(ModelError) {
            var statements: [String] = []
            var types: Set<ColumnDescription.Enumeration> = []
            for case let type? in tables.flatMap(\.columns).map(\.enumeration) where types.insert(type).inserted {
                statements.append(type.statement)
            }
            for table in tables { statements.append(try table.creation) }
            // Behind all tables, since they may refer to each other in a circle.
            for table in tables { statements += try table.foreignKeyStatements }
            return statements
        }
    }
}

extension ModelSchema {
    /// The statement by which a program says in the database what its models are: see ``Database/declare(_:as:)``.
    ///
    /// - Parameters:
    ///   - program: The program's name, the same in each of its processes.
    ///   - logSchema: The schema of the signal log. Default: `heliograph`.
    public func declaration(as program: String, logSchema: String = "heliograph") throws -> SQL {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let models = String(decoding: try encoder.encode(tables.map(ModelDescription.init)), as: UTF8.self)
        return "SELECT \(identifier: logSchema).declare_models(\(program), \(models))"
    }
}

extension ColumnDescription.Enumeration {
    /// CREATE TYPE.
    var statement: String {
        let labels = labels.map { SQLText.literal($0) }.joined(separator: ", ")
        return "CREATE TYPE \(quotedName) AS ENUM (\(labels))"
    }
}
