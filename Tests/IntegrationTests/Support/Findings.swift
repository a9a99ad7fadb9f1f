import Heliograph
import HeliographTesting
import Testing

extension Fixture {
    /// What the doctor finds, but for what is so on every cluster of the tests: no fsync, prepared transactions.
    func findings() async throws -> [Finding] {
        let found = try await withConnection { try await Doctor().examine(on: $0) }
        return found.filter { $0.check != "setting" && $0.check != "prepare" }
    }

    /// What one function of the doctor finds, such as `retention_findings(bytes => 0)`: each as severity, check, text, mend.
    func findings(of function: String) async throws -> [(severity: String, check: String, text: String, mend: String)] {
        try await withConnection { connection in
            try await connection.query(
                "SELECT severity, check_name, finding, mend FROM heliograph.\(unsafe: function)"
            ).decode(as: (String.self, String.self, String.self, String.self)).map { ($0.0, $0.1, $0.2, $0.3) }
        }
    }

    /// Expects that the doctor finds something, and no more once its mend has been done, as printed.
    /// - Parameters:
    ///   - words: what its text must contain.
    ///   - others: what may be found beside it, and mended with it.
    func expectMended(
        _ severity: Finding.Severity, _ check: String, _ words: String, with others: Set<String> = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await findings()
        let finding = found.first { $0.check == check && $0.text.contains(words) }
        #expect(finding?.severity == severity, "\(found)", sourceLocation: sourceLocation)
        #expect(
            found.allSatisfy { $0.check == check || others.contains($0.check) }, "\(found)",
            sourceLocation: sourceLocation)
        #expect(!found.contains { $0.text.contains("\n") }, sourceLocation: sourceLocation)
        for finding in found { try await psql(finding.mend) }
        let left = try await findings()
        #expect(left.isEmpty, "\(left)", sourceLocation: sourceLocation)
    }
}
