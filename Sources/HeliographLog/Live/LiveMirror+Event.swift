extension LiveMirror {
    /// Whose changes are heard.
    public enum Scope: String, Sendable, Hashable, CaseIterable {
        /// Those of this process: what it committed in transactions of its `Database`.
        case local
        /// Those of everybody else: other processes, and what this one writes without its `Database`.
        case mirrored
        /// All, in one order.
        case everywhere

        func includes(_ record: LiveRecord) -> Bool {
            switch self {
            case .local: record.isOwn
            case .mirrored: !record.isOwn
            case .everywhere: true
            }
        }
    }

    /// What an observer is told.
    public enum Event: Sendable {
        /// A committed record.
        case record(LiveRecord)
        /// All that had been committed at the last look at the log has been told. The first one says that observing has begun: what commits from
        /// then on is told. Comes again after each look, for several looks once.
        case caughtUp
        /// The observer was slower than the log: its buffer was full and has been dropped. It reads what it missed by itself,
        /// and joins the others again: nothing is lost, and nothing comes twice.
        case lagged
        /// The server crashed, restarted or failed over: the newest records before it may not have been told, or been taken back.
        /// Reload what was derived from the log; what commits from now on is told.
        case reset
    }
}
