import Dispatch
import Foundation
import Synchronization

/// The running clusters of this process, for the clean-up at its end.
final class ClusterRegistry: Sendable {
    static let shared = ClusterRegistry()

    private struct State {
        var watchdogs: [ClusterFolder: ClusterWatchdog] = [:]
        var signalSources: [any DispatchSourceSignal] = []
        var isExitHandlerInstalled = false
    }

    private let state = Mutex(State())

    /// A child that was forked and not yet replaced runs the parent's exit handlers: it must not wait for anything.
    private let processID = getpid()

    /// How long the end of the process waits for the watchdogs, in milliseconds. They go on afterwards.
    private static let patience = 10_000

    private init() {}

    /// Adds a cluster, and sees to it that a normal end of the process waits for its clean-up.
    func add(_ watchdog: ClusterWatchdog) {
        let isFirst = state.withLock { state in
            state.watchdogs[watchdog.folder] = watchdog
            defer { state.isExitHandlerInstalled = true }
            return !state.isExitHandlerInstalled
        }
        if isFirst {
            atexit { ClusterRegistry.shared.clearAll() }
        }
    }

    /// Removes a cluster that has been cleared.
    func remove(_ watchdog: ClusterWatchdog) {
        _ = state.withLock { $0.watchdogs.removeValue(forKey: watchdog.folder) }
    }

    /// Stops all clusters, and waits until their folders are gone.
    ///
    /// Synchronous, and with system calls only: it runs while the process exits.
    func clearAll() {
        guard getpid() == processID else { return }
        let watchdogs = state.withLock { state in
            defer { state.watchdogs = [:] }
            return Array(state.watchdogs.values)
        }
        for watchdog in watchdogs { watchdog.letGo() }
        for _ in 0..<(Self.patience / 5) where watchdogs.contains(where: \.folder.exists) {
            usleep(5_000)
        }
    }

    /// Has the shutdown signals clear all clusters before they end the process as they would have.
    func installSignalHandlers() {
        state.withLock { state in
            guard state.signalSources.isEmpty else { return }
            state.signalSources = [SIGINT, SIGTERM, SIGHUP].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInitiated))
                source.setEventHandler {
                    ClusterRegistry.shared.clearAll()
                    // By the signal itself and not by exit(), so that the parent sees what ended the process.
                    signal(number, SIG_DFL)
                    kill(getpid(), number)
                }
                source.resume()
                return source
            }
        }
    }
}
