public import ArgumentParser
public import Heliograph

/// What every command that works on a database takes.
public struct DatabaseOptions: ParsableArguments {
    @Option(help: "The schema of the signal log.")
    public var schema = "heliograph"

    @Flag(help: "Say more, on standard error.")
    public var verbose = false

    public init() {}

    public func validate() throws {
        if verbose { Terminal.beVerbose() }
        do {
            _ = try SchemaName(schema)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// The schema as it was named.
    public var schemaName: SchemaName { get throws { try SchemaName(schema) } }

    /// The server that the environment names.
    public func connectionConfiguration(applicationName: String = Terminal.name) throws -> ConnectionConfiguration {
        try .fromEnvironment(applicationName: applicationName)
    }

    /// Connects for the time of `body`.
    public func withConnection<R>(_ body: (Connection) async throws -> R) async throws -> R {
        try await Connection.with(try connectionConfiguration(), logger: Terminal.logger("heliograph.cli"), body)
    }
}
