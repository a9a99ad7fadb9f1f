import Foundation

/// Where PostgreSQL's programs are.
struct ServerPrograms: Sendable {
    /// The folder that holds `initdb`, `postgres`, `pg_ctl` and `psql`.
    let directory: String

    /// The names without which a cluster cannot be run.
    static let forCluster = ["initdb", "postgres", "pg_ctl", "psql"]

    /// Finds the programs.
    ///
    /// Looked at in this order: `HELIOGRAPH_PG_BIN`, `pg_config --bindir`, the search path, and where the packages of
    /// Debian, Red Hat, Homebrew and Postgres.app put them, the newest version first.
    ///
    /// - Parameters:
    ///   - required: The names without which a folder will not do.
    ///   - environment: The environment variables of the program.
    static func find(
        _ required: [String] = forCluster,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws -> ServerPrograms {
        if let directory = environment["HELIOGRAPH_PG_BIN"], !directory.isEmpty {
            if let missing = missingProgram(in: directory, of: required) {
                throw LocalClusterError(
                    .programsNotFound,
                    "HELIOGRAPH_PG_BIN is \(directory), but there is no program \(missing) in it"
                )
            }
            return ServerPrograms(directory: directory)
        }
        // libpq's development package brings pg_config without a server, so its answer is one candidate of several.
        if let directory = await ProcessRun.output(of: "pg_config", ["--bindir"]),
            missingProgram(in: directory, of: required) == nil
        {
            return ServerPrograms(directory: directory)
        }
        let searchPath = environment["PATH", default: ""].split(separator: ":").map(String.init)
        let directories = searchPath + packageDirectories()
        guard let directory = directories.first(where: { missingProgram(in: $0, of: required) == nil }) else {
            throw LocalClusterError(
                .programsNotFound,
                "PostgreSQL's programs were not found: install postgresql (\(installCommand)) "
                    + "or set HELIOGRAPH_PG_BIN to the folder that holds \(required.joined(separator: ", "))"
            )
        }
        return ServerPrograms(directory: directory)
    }

    /// The path of a program.
    func path(of program: String) -> String {
        "\(directory)/\(program)"
    }

    private static func missingProgram(in directory: String, of required: [String]) -> String? {
        required.first { !FileManager.default.isExecutableFile(atPath: "\(directory)/\($0)") }
    }

    private static var installCommand: String {
        #if os(macOS)
            "brew install postgresql"
        #else
            "apt-get install postgresql"
        #endif
    }

    /// The folders of installed packages, the newest version of each kind first.
    private static func packageDirectories() -> [String] {
        let kinds: [(parent: String, prefix: String, suffix: String)] = [
            ("/usr/lib/postgresql", "", "/bin"),
            ("/usr", "pgsql-", "/bin"),
            ("/opt/homebrew/opt", "postgresql", "/bin"),
            ("/usr/local/opt", "postgresql", "/bin"),
            ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "/bin"),
            ("/Applications/Postgres.app/Contents/Versions", "", "/bin"),
        ]
        return kinds.flatMap { kind in
            let entries = (try? FileManager.default.contentsOfDirectory(atPath: kind.parent)) ?? []
            return
                entries
                .filter { $0.hasPrefix(kind.prefix) }
                .sorted { $0.compare($1, options: .numeric) == .orderedDescending }
                .map { "\(kind.parent)/\($0)\(kind.suffix)" }
        }
    }
}
