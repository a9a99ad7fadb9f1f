import Foundation
import HeliographModels
import HeliographPostgres

extension Doctor {
    /// In what the models that programs have declared and their tables are not the same, and which of their rules plain SQL can bypass.
    func findingsOfModels(on connection: Connection) async throws -> [Finding] {
        // An older schema has no models yet; that it is older has been said.
        let table = "\(schema).model"
        guard try await connection.query("SELECT to_regclass(\(table)) IS NOT NULL").first?.decode(0) == true else {
            return []
        }
        let rows = try await connection.query(
            "SELECT program, declaration::text FROM \(schema.sql).model ORDER BY program, name")
        var findings: [Finding] = []
        for row in rows {
            let (program, text) = try row.decode(as: (String.self, String.self))
            guard let model = try? JSONDecoder().decode(ModelDescription.self, from: Data(text.utf8)) else {
                findings.append(
                    Finding(
                        .note, check: "models", subject: program,
                        text: "a model of \(program) was declared by another version, and cannot be compared",
                        mend: "Start \(program) and this command from the same version."))
                continue
            }
            // The program may have another search path.
            var live = try await LiveTable.read(model.table, from: connection)
            if live == nil { live = try await LiveTable.read(model.sender, from: connection) }
            findings += model.differences(from: live).map { difference in
                Finding(
                    .error, check: "models", subject: model.sender, text: "\(difference.message) (\(program))",
                    mend: "Change the table or the model's mapping, so that both say the same.")
            }
            findings += model.bypassableRules(live).map { rule in
                Finding(
                    .note, check: "rules", subject: model.sender,
                    text:
                        "plain SQL can bypass the rule \"\(rule.code)\" of column \"\(rule.column)\" of \(rule.model) (\(program))",
                    mend: rule.isInstallable
                        ? "Have the program run database.install(rulesOf:), or take the constraint from ModelSchema.statements."
                        : rule.code == "unique"
                            ? "CREATE UNIQUE INDEX CONCURRENTLY ON \(model.table) (\(SQL.quoted(identifier: rule.column)));"
                            : "Nothing, if only this program writes: SQL cannot say this rule.")
            }
        }
        return findings
    }
}
