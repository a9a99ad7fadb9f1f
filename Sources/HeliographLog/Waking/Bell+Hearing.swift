extension Bell {
    /// Whether this process hears the bell.
    public enum Hearing: String, Sendable, Hashable {
        /// There is no connection, or no longer: another is on its way.
        case disconnected
        /// It listens. Whether what is rung arrives is being found out.
        case unproved
        /// What is rung arrives.
        case proved
        /// It listens, and nothing arrives: something between here and the server swallows notifications.
        case swallowed
        /// It was told not to listen.
        case pollOnly = "poll-only"

        /// What this means for the readers of this process, and what to do about it.
        public var explanation: String {
            switch self {
            case .disconnected: "the bell has no connection: readers poll until it has another"
            case .unproved: "the bell is listened to, and has not rung yet"
            case .proved: "notifications arrive"
            case .swallowed:
                "no notification arrives, so readers only poll: a pooler in transaction mode swallows them; connect to the server itself, or say --poll-only"
            case .pollOnly: "readers only poll, as they were told: no LISTEN, no pump"
            }
        }

        /// Whether time or an event will tell more.
        var isOpen: Bool { self == .disconnected || self == .unproved }
    }
}
