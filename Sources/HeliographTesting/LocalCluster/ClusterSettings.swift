import Foundation
import HeliographPostgres

/// The settings of a private cluster's server.
struct ClusterSettings: Sendable {
    /// The port of a server that only its own socket leads to.
    static let port = 5432

    /// The values by name.
    private let values: [String: String]

    /// Puts the built-in settings and the caller's together; the caller's win.
    init(durable: Bool, network: LocalCluster.Network, port: Int, overrides: [String: String]) {
        var values = [
            "listen_addresses": network == .loopback ? "127.0.0.1" : "",
            "port": "\(port)",
            "max_connections": "200",
            "shared_buffers": "64MB",
            // Two-phase commit is off by default, and tests of open prepared transactions need it.
            "max_prepared_transactions": "20",
            "log_line_prefix": "%m [%p] %d ",
            "log_timezone": "UTC",
            "timezone": "UTC",
        ]
        if !durable {
            // synchronous_commit stays on: it costs nothing without fsync, and without it a crash of the server alone
            // would take commits back, which looks like a bug of whatever is tested.
            values["fsync"] = "off"
            values["full_page_writes"] = "off"
        }
        self.values = values.merging(overrides) { _, override in override }
    }

    /// The lines for the end of `postgresql.conf`.
    ///
    /// - Parameter socketDirectory: The folder of the Unix socket, which cannot be overridden.
    func text(socketDirectory: String) -> String {
        let lines = values.merging(["unix_socket_directories": socketDirectory]) { _, fixed in fixed }
            .sorted { $0.key < $1.key }
            .map { "\($0.key) = '\(Quoting.doubling("'", in: $0.value))'" }
        return "\n# Written by HeliographTesting.\n" + lines.joined(separator: "\n") + "\n"
    }

    /// The locale for `initdb`: the order of plain bytes on every machine, with Unicode letters where the system can.
    static var localeArguments: [String] {
        let types = ["C.UTF-8", "en_US.UTF-8"].filter { name in
            guard let locale = newlocale(LC_CTYPE_MASK, name, nil) else { return false }
            freelocale(locale)
            return true
        }
        return ["--locale=C"] + types.prefix(1).map { "--lc-ctype=\($0)" }
    }
}
