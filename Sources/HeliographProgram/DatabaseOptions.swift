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
    /// - Parameter configuration: default: the server that the environment names.
    public func withConnection<R>(
        _ configuration: ConnectionConfiguration? = nil, _ body: (Connection) async throws -> R
    ) async throws -> R {
        let configuration = try configuration ?? connectionConfiguration()
        return try await Connection.with(configuration, logger: Terminal.logger("heliograph.cli"), body)
    }
}
