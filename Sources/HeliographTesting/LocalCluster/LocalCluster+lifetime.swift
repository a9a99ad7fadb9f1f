extension LocalCluster {
    /// The cluster that the tests of one process share: started by the first who asks, cleared when the process ends.
    ///
    /// If it could not be started, everybody who asked gets the error, and the next one tries again.
    public static var shared: LocalCluster {
        get async throws { try await SharedCluster.instance.cluster() }
    }

    /// Stops the clusters of this process before `SIGINT`, `SIGTERM` or `SIGHUP` ends it.
    ///
    /// Without this call the watchdogs clear up within a moment after the process is gone; with it the process waits for
    /// them. Not for programs that handle these signals themselves: those end by returning or by `exit`, which waits as
    /// well.
    public static func stopAllOnShutdownSignals() {
        ClusterRegistry.shared.installSignalHandlers()
    }
}

/// Starts the shared cluster once.
private actor SharedCluster {
    static let instance = SharedCluster()

    private var starting: Task<LocalCluster, any Error>?

    func cluster() async throws -> LocalCluster {
        // A task of its own: the first test to ask may be cancelled, and the others still want the cluster.
        let task = starting ?? Task { try await LocalCluster.start() }
        starting = task
        do {
            return try await task.value
        } catch {
            if starting == task { starting = nil }
            throw error
        }
    }
}
