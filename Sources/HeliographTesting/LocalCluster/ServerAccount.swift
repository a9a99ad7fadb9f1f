import Foundation

/// The account under which the server's programs run.
///
/// PostgreSQL refuses to run as root. A program that is started as root, as in most containers, hands the server and
/// its folder to an unprivileged account.
struct ServerAccount: Hashable, Sendable {
    let userID: uid_t
    let groupID: gid_t

    /// Whether this is another account than the program's own.
    let isOther: Bool

    /// The program's own account; for root `postgres`, or else `nobody`.
    static func current() throws(LocalClusterError) -> ServerAccount {
        let own = geteuid()
        guard own == 0 else { return ServerAccount(userID: own, groupID: getegid(), isOther: false) }
        guard setpriv != nil else {
            throw LocalClusterError(
                .startFailed,
                "PostgreSQL does not run as root, and there is no setpriv to change the account: install util-linux, or start as another user"
            )
        }
        for name in ["postgres", "nobody"] {
            if let account = named(name) { return account }
        }
        throw LocalClusterError(
            .startFailed,
            "PostgreSQL does not run as root, and there is no account postgres or nobody: start as another user"
        )
    }

    /// Looks an account up by its name.
    private static func named(_ name: String) -> ServerAccount? {
        var entry = passwd()
        var result: UnsafeMutablePointer<passwd>?
        // A record of the user database is a few hundred bytes; one too long for this is reported as not found.
        var strings = [CChar](repeating: 0, count: 16384)
        guard getpwnam_r(name, &entry, &strings, strings.count, &result) == 0, result != nil, entry.pw_uid != 0 else {
            return nil
        }
        return ServerAccount(userID: entry.pw_uid, groupID: entry.pw_gid, isOther: true)
    }

    private static let setpriv = ["/usr/bin/setpriv", "/bin/setpriv", "/sbin/setpriv"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// How to start a program under this account.
    ///
    /// By a program that changes the account and becomes the other one: Subprocess can do it as well, but calls glibc's `setgroups`
    /// and `setuid` between fork and exec. Those wait for all threads that glibc knows, and in the child, where there is but one,
    /// wait for ever for a thread that was just starting in the parent.
    func command(_ path: String, _ arguments: [String]) -> (path: String, arguments: [String]) {
        guard isOther, let setpriv = Self.setpriv else { return (path, arguments) }
        return (setpriv, ["--reuid=\(userID)", "--regid=\(groupID)", "--clear-groups", "--", path] + arguments)
    }
}
