public import HeliographLog
public import HeliographPostgres
public import Tracing

/// How a worker behaves.
public struct WorkerConfiguration: Sendable {
    /// Default: `heliograph`.
    public var schema: SchemaName
    /// At most so many records in one transaction, or one batch for the outside world, and in memory; at most 100,000. Default: `nil`,
    /// for 1,000, and for 4,000 of receivers that take many in a transaction at once. Where records are large it is fewer: so
    /// many as make 16 MB, and up to 1,000 more where rows have become larger all at once.
    public var batchSize: Int? { didSet { batchSize = batchSize.map(Self.bounded) } }
    /// After this time a batch commits what it has. Default: 1 s.
    public var batchTime: Duration
    /// How long to sleep at most when no bell rings; also how often lanes are shared out anew. Default: 1 s, jittered.
    public var pollInterval: Duration
    /// How often places that moved only in memory are written, while the log moves. Default: 5 s.
    public var flushInterval: Duration
    /// After how much silence in a transaction, or in a statement, the server ends this worker's session and so frees its lanes.
    /// Default: 30 s; 1 s to 1 day. A receiver that needs longer between two statements fails.
    public var silenceLimit: Duration { didSet { silenceLimit = Self.bounded(silenceLimit) } }
    /// The wait before a failed record is tried again. Default: 100 ms, doubling to 60 s.
    public var retryBackoff: Backoff
    /// Segments of the log that were closed longer ago, and that every subscription has read, are dropped. Default: 7 days; `nil`
    /// for never. Members of `heliograph_worker` may do so; without the right it is left to others.
    public var retention: Duration?
    /// Subscriptions that no worker has run for so long lapse, if the log is kept for them: they must be rewound or begun anew before
    /// they go on. Default: 7 days; `nil` for never.
    public var lapse: Duration?
    /// When the log is larger than this, in bytes, an hour without a worker will do. Default: `nil`, for no limit.
    public var maximumLogSize: Int64?
    /// What the context of the receivers' writes says about where they come from. Default: none.
    public var origin: String?
    /// Not to listen for the bell and to run no pump, but to look every ``pollInterval``. Default: `false`. A worker needs sessions of
    /// its own all the same: behind a pooler in transaction mode it is refused.
    public var pollOnly: Bool
    /// Makes a span for each transaction of receivers, and each call to the outside, linked to the spans that wrote the records. Default:
    /// `InstrumentationSystem.tracer`.
    public var tracer: (any Tracer)?

    public init(
        schema: SchemaName = .standard, batchSize: Int? = nil, batchTime: Duration = .seconds(1),
        pollInterval: Duration = .seconds(1), flushInterval: Duration = .seconds(5),
        silenceLimit: Duration = .seconds(30),
        retryBackoff: Backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(60)),
        retention: Duration? = .seconds(7 * 86_400), lapse: Duration? = .seconds(7 * 86_400),
        maximumLogSize: Int64? = nil, origin: String? = nil, pollOnly: Bool = false, tracer: (any Tracer)? = nil
    ) {
        self.schema = schema
        self.batchSize = batchSize.map(Self.bounded)
        self.batchTime = batchTime
        self.pollInterval = pollInterval
        self.flushInterval = flushInterval
        self.silenceLimit = Self.bounded(silenceLimit)
        self.retryBackoff = retryBackoff
        self.retention = retention
        self.lapse = lapse
        self.maximumLogSize = maximumLogSize
        self.origin = origin
        self.pollOnly = pollOnly
        self.tracer = tracer
    }

    private static func bounded(_ batchSize: Int) -> Int { min(max(1, batchSize), 100_000) }

    private static func bounded(_ silenceLimit: Duration) -> Duration {
        min(max(.seconds(1), silenceLimit), .seconds(86_400))
    }
}
