import Heliograph

/// The name by which a process's writes are known in the signal log.
public enum Origin {
    /// Made once, for every database and worker of the process.
    public static let ofThisProcess = SignalContext.makeOrigin(Terminal.name)
}
