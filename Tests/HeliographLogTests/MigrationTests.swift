import Foundation
import Testing

@testable import HeliographLog

@Suite("Migrations")
struct MigrationTests {
    @Test("The program carries what sql/ says, to the byte")
    func embedded() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("sql")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }
            .sorted()
        #expect(!files.isEmpty)
        #expect(files.count == Migrator.migrations.count)
        for (file, migration) in zip(files, Migrator.migrations) {
            #expect(
                file == String(repeating: "0", count: 4 - "\(migration.version)".count)
                    + "\(migration.version)_\(migration.name).sql")
            let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            #expect(migration.sql == text, "\(file) is not embedded as it is: run `make sql`")
        }
        #expect(Migrator.migrations.map(\.version) == Array(1...Migrator.migrations.count))
    }

    @Test(
        "A schema's name must do without quotes",
        arguments: ["", "Upper", "1st", "pg_mine", "a-b", "ä", "a b", String(repeating: "x", count: 41)]
    )
    func badName(name: String) {
        let error = #expect(throws: LogError.self) { try SchemaName(name) }
        #expect(error?.code == .badArgument)
    }

    @Test("Another name replaces whole words only")
    func adapting() throws {
        let schema = try SchemaName("shop_log")
        #expect(
            schema.adapt("heliograph.bell 'heliograph' heliograph_capture heliographs")
                == "shop_log.bell 'shop_log' heliograph_capture heliographs"
        )
        #expect(SchemaName.standard.adapt("heliograph.x") == "heliograph.x")
    }
}
