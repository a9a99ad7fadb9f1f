import Foundation
import Subprocess
import Synchronization

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// A small process beside the server that clears the cluster away when its owner ends, in whatever way.
///
/// The owner holds one end of a pipe, the watchdog reads the other. When the owner dies, also by `SIGKILL`, the kernel
/// closes the pipe, and the watchdog stops the server and removes the folder. It runs in its own session: what the
/// terminal or a supervisor sends to the owner's process group does not reach it.
final class ClusterWatchdog: Sendable {
    let folder: ClusterFolder

    /// The owner's end of the pipe; `nil` once it is closed.
    private let pipeEnd: Mutex<Int32?>

    private init(folder: ClusterFolder, pipeEnd: Int32) {
        self.folder = folder
        self.pipeEnd = Mutex(pipeEnd)
    }

    /// Starts a watchdog for a folder.
    static func start(
        folder: ClusterFolder,
        programs: ServerPrograms,
        account: ServerAccount
    ) async throws -> ClusterWatchdog {
        let (readEnd, writeEnd) = try makePipe()
        let watchdog = ClusterWatchdog(folder: folder, pipeEnd: writeEnd)
        var options = PlatformOptions()
        options.createSession = true
        let command = account.command(
            "/bin/sh", ["-c", script, "heliograph-watchdog", programs.path(of: "pg_ctl"), folder.path])
        // The shell puts the work into the background and ends at once, so that no child is left to wait for.
        let result = try await Subprocess.run(
            .path(FilePath(command.path)),
            arguments: Arguments(command.arguments),
            environment: ProcessRun.childEnvironment,
            workingDirectory: "/",
            platformOptions: options,
            input: .fileDescriptor(FileDescriptor(rawValue: readEnd), closeAfterSpawningProcess: true),
            output: .discarded,
            error: .discarded
        )
        guard result.terminationStatus.isSuccess else {
            watchdog.letGo()
            throw LocalClusterError(.startFailed, "the watchdog of \(folder.path) did not start")
        }
        return watchdog
    }

    /// Stops the server of a folder and removes the folder, now and from here.
    static func clear(_ folder: ClusterFolder, programs: ServerPrograms, account: ServerAccount) async throws {
        let run = try await ProcessRun.run(
            "/bin/sh",
            ["-c", clearing, "heliograph-clear", programs.path(of: "pg_ctl"), folder.path],
            account: account
        )
        guard run.succeeded else {
            throw LocalClusterError(.stopFailed, "cannot remove \(folder.path): \(run.complaint)")
        }
    }

    /// Has the watchdog clear the cluster away now; it goes on when this process ends.
    ///
    /// After ``clear(_:programs:account:)`` the watchdog finds nothing to do and ends. Calling it again does nothing.
    func letGo() {
        pipeEnd.withLock { pipeEnd in
            if let open = pipeEnd.take() { close(open) }
        }
    }

    /// Stops the server and removes the folder. `$1` is `pg_ctl`, `$2` the folder.
    ///
    /// The data goes first: as long as the file `owner` is there, a clearing that was broken off is taken up by the next
    /// start. More than one round, for the case that the owner died while `initdb` or the server's start was under way.
    private static let clearing = """
        for round in 1 2 3 4 5 6 7 8 9 10; do
            if [ -f "$2/data/postmaster.pid" ]; then "$1" stop -D "$2/data" -m immediate -w -t 20 >/dev/null 2>&1; fi
            rm -rf "$2/data" && rm -rf "$2" && [ ! -e "$2" ] && exit 0
            sleep 0.3
        done
        exit 1
        """

    private static let script = """
        exec 3<&0
        (
            trap '' HUP INT TERM
            read -r nothing <&3
            exec 3<&-
            \(clearing)
        ) </dev/null >/dev/null 2>&1 &
        exec 3<&-
        """

    /// A pipe (a pair of sockets) whose ends no other child process inherits: one that did would hide the owner's death.
    private static func makePipe() throws(LocalClusterError) -> (readEnd: Int32, writeEnd: Int32) {
        var ends: [Int32] = [-1, -1]
        #if os(Linux)
            // A pair of sockets can be had with the flag set; for a pipe it is set later, and a child may start between.
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw LocalClusterError(.startFailed, "cannot open a pair of sockets: \(lastSystemError())")
        }
        #if !os(Linux)
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        #endif
        return (ends[0], ends[1])
    }
}
