extension LiveMirror {
    /// How a mirror reads, and what it keeps for slow observers.
    public struct Configuration: Sendable {
        /// How long to sleep at most when no bell rings and nothing is committed here. Default: 1 s, jittered.
        public var pollInterval: Duration
        /// How many records are read at once. Default: 500.
        public var batchSize: Int
        /// So many records wait for an observer; then it has to read by itself. Default: 1,000.
        public var bufferedRecords: Int
        /// So many bytes wait for it at most, but always one record. Default: 8 MiB.
        public var bufferedBytes: Int
        /// So many observers at most read by themselves at a time, each on a connection of its own. Default: 2.
        public var connectionsForSlow: Int

        public init(
            pollInterval: Duration = .seconds(1), batchSize: Int = 500, bufferedRecords: Int = 1_000,
            bufferedBytes: Int = 8 << 20, connectionsForSlow: Int = 2
        ) {
            self.pollInterval = pollInterval
            self.batchSize = max(1, batchSize)
            self.bufferedRecords = max(1, bufferedRecords)
            self.bufferedBytes = max(1, bufferedBytes)
            self.connectionsForSlow = max(1, connectionsForSlow)
        }
    }
}
