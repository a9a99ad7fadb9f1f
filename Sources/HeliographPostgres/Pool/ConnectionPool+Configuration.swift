extension ConnectionPool {
    public struct Configuration: Sendable {
        /// Where to connect to.
        public var connection: ConnectionConfiguration
        /// Connections that stay open though nobody uses them, if the pool is run as a service. Default: 0.
        public var minimum: Int
        /// At most so many connections. Default: 10.
        public var maximum: Int
        /// How long to wait for a free connection. Default: 30 s.
        public var leaseTimeout: Duration
        /// How long an unused connection stays open. Default: 60 s.
        public var idleTimeout: Duration
        /// After this time a connection is not lent again, so that servers and settings that have changed are found. Each one's
        /// own end comes up to a tenth earlier, so that they do not all go at once. Default: 1 h.
        public var maximumLifetime: Duration = .seconds(3600)
        /// A connection that has been idle for longer is asked for a sign of life before it is lent. Default: 30 s.
        public var checkAfter: Duration = .seconds(30)
        /// Whether settings, advisory locks, LISTEN, temporary tables and cursors of a user are cleared away before the next one,
        /// which costs a round trip each time. Default: no; what is set with `SET LOCAL` ends with its transaction anyway.
        public var resetsSessions = false

        public init(
            _ connection: ConnectionConfiguration, minimum: Int = 0, maximum: Int = 10,
            leaseTimeout: Duration = .seconds(30), idleTimeout: Duration = .seconds(60)
        ) {
            self.connection = connection
            self.minimum = minimum
            self.maximum = max(1, maximum)
            self.leaseTimeout = leaseTimeout
            self.idleTimeout = idleTimeout
        }
    }
}
