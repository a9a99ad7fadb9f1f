import Foundation
import Subprocess

/// A private PostgreSQL server for tests and demonstrations.
///
/// ```swift
/// let cluster = try await LocalCluster.start()
/// try await cluster.createDatabase("bookshop")
/// print(cluster.connectionString(database: "bookshop"))
/// try await cluster.stop()
/// ```
///
/// The server has its own folder in the temporary directory (in memory, where Linux has 4 GiB free for it and nothing need last),
/// listens on a Unix socket in that folder only, unless it is started with ``Network/loopback``, and trusts everybody who can
/// reach it. Its superuser is `postgres`. Started as root, the server runs as
/// `postgres` or `nobody`.
///
/// The server is stopped and its folder removed by ``stop()``, when the process exits, and, by a watchdog beside the
/// server, when the process is killed. What is left behind when both are killed is cleared at the next start.
///
/// ## Topics
/// ### Life
/// - ``start(settings:durable:network:)``
/// - ``shared``
/// - ``stop()``
/// - ``stopAllOnShutdownSignals()``
/// ### Faults
/// - ``restart(_:)``
/// - ``halt(_:)``
/// - ``resume()``
/// ### Databases
/// - ``connectionString(database:)``
/// - ``networkConnectionString(database:)``
/// - ``createDatabase(_:template:)``
/// - ``dropDatabase(_:)``
/// - ``psql(_:database:)``
public final class LocalCluster: Sendable {
    /// How the server goes down.
    public enum ShutdownMode: String, Sendable {
        /// Waits until all clients have gone.
        case smart
        /// Disconnects the clients, rolls their transactions back and shuts down in order.
        case fast
        /// Drops everything without a checkpoint, as a crash does; the next start recovers from the log.
        case immediate
    }

    /// Who can reach the server.
    public enum Network: Sendable {
        /// This account, through the socket in the cluster's folder.
        case none
        /// Every account of this machine as well, through TCP on a free port of 127.0.0.1.
        case loopback
    }

    /// The name of the server's superuser. Not `heliograph`: a role finds the schema of its own name before `public`, and its
    /// tables would land among the log's.
    public static let user = "postgres"

    /// The port; on a Unix socket it is a part of the socket's name only.
    public let port: Int

    /// The folder with the socket, the data and the log, an absolute path.
    public var path: String { folder.path }

    /// The folder that holds `psql` and the other programs of this server's version, an absolute path.
    public var programsPath: String { programs.directory }

    let folder: ClusterFolder
    let programs: ServerPrograms
    let account: ServerAccount
    private let lock: OwnerLock
    private let watchdog: ClusterWatchdog

    private init(
        port: Int,
        folder: ClusterFolder,
        programs: ServerPrograms,
        account: ServerAccount,
        lock: OwnerLock,
        watchdog: ClusterWatchdog
    ) {
        self.port = port
        self.folder = folder
        self.programs = programs
        self.account = account
        self.lock = lock
        self.watchdog = watchdog
    }

    /// Makes a cluster and starts its server.
    ///
    /// Clusters that earlier processes left behind are cleared first.
    ///
    /// - Parameters:
    ///   - settings: Server settings by name, beside or instead of the built-in ones, as in `postgresql.conf` but
    ///     without quotes, for example `["max_connections": "20"]`.
    ///   - durable: Whether commits survive a crash of the operating system. Without it (the default) the server does
    ///     not wait for the disk, or has none; a crash of the server alone, as by ``restart(_:)`` with `.immediate`, loses nothing.
    ///   - network: Who can reach it beside this account.
    /// - Returns: The cluster, its server accepting connections.
    /// - Throws: ``LocalClusterError``, one line that says what to do; nothing is left behind then.
    public static func start(
        settings: [String: String] = [:], durable: Bool = false, network: Network = .none
    ) async throws -> LocalCluster {
        let account = try ServerAccount.current()
        let programs = try await ServerPrograms.find()
        for (folder, lock) in ClusterFolder.abandoned(by: account) {
            // Somebody else's leftovers are no reason not to start; the next start tries again.
            try? await ClusterWatchdog.clear(folder, programs: programs, account: account)
            lock.release()
        }
        let (folder, lock) = try ClusterFolder.make(for: account, durable: durable)
        let watchdog: ClusterWatchdog
        do {
            watchdog = try await ClusterWatchdog.start(folder: folder, programs: programs, account: account)
        } catch {
            try? FileManager.default.removeItem(atPath: folder.path)
            throw error
        }
        ClusterRegistry.shared.add(watchdog)
        let port = network == .loopback ? FreePort.find() : ClusterSettings.port
        let cluster = LocalCluster(
            port: port,
            folder: folder,
            programs: programs,
            account: account,
            lock: lock,
            watchdog: watchdog
        )
        do {
            try await cluster.initialize(
                ClusterSettings(durable: durable, network: network, port: port, overrides: settings))
            try await cluster.resume()
            return cluster
        } catch {
            try? await cluster.stop()
            throw error
        }
    }

    /// Stops the server and removes the folder, also in a task that is cancelled.
    ///
    /// Connections are dropped. Calling it again does nothing.
    ///
    /// - Throws: ``LocalClusterError`` if the server does not stop or the folder cannot be removed.
    public func stop() async throws {
        defer {
            watchdog.letGo()
            ClusterRegistry.shared.remove(watchdog)
            lock.release()
        }
        try await uncancelled { [self] in
            guard folder.exists else { return }
            try await ClusterWatchdog.clear(folder, programs: programs, account: account)
        }
    }

    /// Shuts the server down and starts it again.
    ///
    /// - Parameter mode: How it goes down; `.immediate` stands for a crash.
    /// - Throws: ``LocalClusterError`` if it does not stop or does not start again.
    public func restart(_ mode: ShutdownMode = .fast) async throws {
        try await halt(mode)
        try await resume()
    }

    /// Shuts the server down, and keeps its data for ``resume()``.
    ///
    /// - Parameter mode: How it goes down; `.immediate` stands for a crash.
    /// - Throws: ``LocalClusterError`` if it does not stop within a minute.
    public func halt(_ mode: ShutdownMode = .fast) async throws {
        let run = try await control(["stop", "-D", folder.data, "-m", mode.rawValue, "-w", "-t", "60"])
        guard run.succeeded else {
            throw LocalClusterError(.stopFailed, "PostgreSQL did not stop: \(run.complaint)")
        }
    }

    /// Starts the server after ``halt(_:)``, and waits until it accepts connections.
    ///
    /// - Throws: ``LocalClusterError`` with the server's own complaint if it does not start within a minute.
    public func resume() async throws {
        let run = try await control(["start", "-D", folder.data, "-l", folder.log, "-w", "-t", "60"])
        guard run.succeeded else {
            throw LocalClusterError(.startFailed, "PostgreSQL did not start: \(lastFatalMessage() ?? run.complaint)")
        }
    }

    /// Makes the data directory and writes the settings into it.
    private func initialize(_ settings: ClusterSettings) async throws {
        let run = try await ProcessRun.run(
            programs.path(of: "initdb"),
            ["-D", folder.data, "-U", Self.user, "--auth=trust", "--encoding=UTF8", "--no-sync"]
                + ClusterSettings.localeArguments,
            account: account
        )
        guard run.succeeded else {
            throw LocalClusterError(.initializationFailed, "initdb failed: \(run.complaint)")
        }
        let file = "\(folder.data)/postgresql.conf"
        do {
            let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
            defer { try? handle.close() }
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(settings.text(socketDirectory: folder.path).utf8))
        } catch {
            throw LocalClusterError(.initializationFailed, "cannot write \(file): \(error.localizedDescription)")
        }
    }

    /// Runs `pg_ctl`, in a session of its own: an interrupt of the terminal must not end the server.
    private func control(_ arguments: [String]) async throws -> ProcessRun {
        try await ProcessRun.run(programs.path(of: "pg_ctl"), arguments, account: account, createsSession: true)
    }

    /// The last reason for not starting that the server wrote into its log, with the line before, which has the details.
    private func lastFatalMessage() -> String? {
        guard let log = try? String(contentsOfFile: folder.log, encoding: .utf8) else { return nil }
        let lines = log.split(whereSeparator: \.isNewline)
        guard let last = lines.lastIndex(where: { $0.contains("FATAL:") }) else { return nil }
        // A line is "time [process] severity:  message".
        let messages = lines[max(last - 1, 0)...last].compactMap { line in
            line.firstRange(of: ":  ").map { String(line[$0.upperBound...]) }
        }
        return messages.joined(separator: "; ")
    }
}

/// Runs work to its end although the task may be cancelled: a cancelled task kills the programs it runs.
func uncancelled<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await Task { try await work() }.value
}
