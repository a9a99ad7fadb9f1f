import Foundation
import Testing

/// The table of `docs/django-parity.md`: every row says something, and what it names is there.
@Suite("Parity with Django")
struct DjangoParityTests {
    private struct Row {
        let django: String
        let here: String
    }

    private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func rows() throws -> [Row] {
        try String(contentsOf: package.appending(path: "docs/django-parity.md"), encoding: .utf8)
            .split(separator: "\n").compactMap { line in
                let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
                guard cells.count == 2, cells[0].hasPrefix("`") else { return nil }
                return Row(django: cells[0], here: cells[1])
            }
    }

    /// The tests there are, as `Suite.function`.
    private static func tests() throws -> Set<String> {
        let folder = package.appending(path: "Tests")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var found: Set<String> = []
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            var suite: Substring?
            var isTest = false
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.drop { $0 == " " }
                if line.hasPrefix("struct ") { suite = words.dropFirst(7).prefix { $0.isLetter } }
                if words.hasPrefix("@Test") { isTest = true }
                guard words.hasPrefix("func ") || words.hasPrefix("private func ") else { continue }
                if isTest, let suite { found.insert("\(suite).\(words.dropFirst(5).prefix { $0.isLetter })") }
                isTest = false
            }
        }
        return found
    }

    @Test("Each test that is named exists, and each row names one or a reason")
    func table() throws {
        let tests = try Self.tests()
        #expect(tests.contains("DjangoParityTests.table") && !tests.contains("DjangoParityTests.rows"))
        let rows = try Self.rows()
        for row in rows {
            let named = row.here.matches(of: /`(\w+Tests\.\w+)`/).map { String($0.1) }
            for name in named {
                let isThere = tests.contains(name)
                #expect(isThere, "\(row.django) names \(name), which is no test")
            }
            let hasReason = row.here.hasPrefix("no meaning: ")
            #expect(!named.isEmpty || hasReason, "\(row.django) says nothing")
        }
        // Of Django 5.2: 19 of dispatch, 22 of signals, 14 of m2m_signals, 21 of transaction_hooks.
        let names = Set(rows.map(\.django))
        #expect(rows.count == 76 && names.count == 76)
    }
}
