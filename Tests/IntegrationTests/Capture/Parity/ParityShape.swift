import Heliograph
import Testing

/// A table to write to: how it is made, and what its rows are and become.
///
/// Row `i` is created, and then changed, moved (its key changes) or deleted. What each of these records follows from the shape
/// alone (``ParityOracle``); each path must give just that.
struct ParityShape: Sendable, CustomTestStringConvertible {
    struct Column: Sendable {
        /// Unquoted.
        var name: String
        var type: String
        /// What stands behind the type.
        var constraint = ""
        /// Filled in by the database alone.
        var isGenerated = false
        /// Whether a record holds the value as its type writes it, and not as JSON: types that do not come with PostgreSQL.
        var form = Form.json
        var isExcluded = false

        enum Form: String {
            case json = ""
            case text = "::text"
            case texts = "::text[]"
        }

        init(
            _ name: String, _ type: String, _ constraint: String = "", isGenerated: Bool = false,
            form: Form = .json, isExcluded: Bool = false
        ) {
            self.name = name
            self.type = type
            self.constraint = constraint
            self.isGenerated = isGenerated
            self.form = form
            self.isExcluded = isExcluded
        }
    }

    var name: String
    /// Run before the table is made.
    var setUp = ""
    /// Makes the table where more is to it than its columns.
    var creation: String?
    /// As SQL names them.
    var schema = "public"
    var relation = "t"
    var columns: [Column]
    /// Constraints of the table; the primary key may be one of them.
    var constraints = ""
    /// What stands behind the column list: PARTITION BY.
    var storage = ""
    /// Run when the table is there: its partitions, its triggers.
    var afterwards = ""
    /// Where it is written to, if not by its own name: a partition.
    var target: String?
    /// Those of the rows that can be written there.
    var rows = ParityShape.allRows
    /// The partition where a row is after a step.
    var partition: @Sendable (ParityStep.Operation, Int) -> String? = { _, _ in nil }
    /// The order of the recorded columns in a partition that has another, and the rows that are there.
    var otherOrder: (rows: ClosedRange<Int>, columns: [String])?
    /// What takes a row to another partition: it is deleted in the one, and created in the other as if it had not been.
    var crossing: Set<ParityStep.Operation> = []
    /// Attached so that also a restore is recorded.
    var isAlways = false
    /// Unquoted, in the order of the key.
    var key: [String]
    /// Named in `attach` where it would not find it.
    var namesKey = false
    /// Whether an immediate unique constraint of just the key's columns is there, for ON CONFLICT and foreign keys.
    var isUnique = true
    /// The values that a row is created with, as SQL, by column. What they mean must not depend on the session.
    var made: @Sendable (Int) -> [String: String]
    /// The columns that a change sets; the same of each row.
    var changed: @Sendable (Int) -> [String: String]
    /// The key's columns that a move sets; `nil` where the key cannot be changed.
    var moved: (@Sendable (Int) -> [String: String])?
    var model: (any ParityModel.Type)?
    /// Before the model writes: a sequence, for example.
    var beforeModel = ""
    /// What can be done to this shape alone.
    var ownPaths: [ParityPath] = []
    var takesOwnPathsAlone = false
    /// What the product does not do right yet with it.
    var knownFault: String?
    /// A query that fails where the server does not have what the shape needs.
    var requirement: String?

    static let allRows = 1...4

    var testDescription: String { name }
    var table: String { "\(schema).\(relation)" }
    var sender: String { table }

    /// What the programs that write name.
    var writable: [Column] { columns.filter { !$0.isGenerated } }

    /// What a record holds.
    var recorded: [Column] { columns.filter { !$0.isExcluded } }

    var hasModel: Bool { model != nil }
    var isInOnePiece: Bool { storage.isEmpty }

    var paths: [ParityPath] {
        (takesOwnPathsAlone ? [] : ParityPath.all.filter { $0.suits(self) }) + ownPaths
    }

    var options: AttachOptions {
        AttachOptions(
            excludedColumns: columns.filter(\.isExcluded).map(\.name), keyColumns: namesKey ? key : nil,
            isAlways: isAlways)
    }

    var definition: String {
        let all =
            columns.map { "\(SQL.quoted(identifier: $0.name)) \($0.type) \($0.constraint)" }
            + (constraints.isEmpty ? [] : [constraints])
        let creation = creation ?? "CREATE TABLE \(table) (\(all.joined(separator: ", "))) \(storage)"
        return "\(setUp) \(creation); \(afterwards)"
    }
}

/// A model of a shape's table.
protocol ParityModel: Model {
    /// The instance that is saved as row `i`.
    static func made(_ row: Int) -> Self
    mutating func change(_ row: Int)
    /// By the key, or what tells the row where the database draws the key.
    func isSameRow(as other: Self) -> Bool
}
