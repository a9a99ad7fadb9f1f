/// What the protocol does without one of its rules: each must be caught.
enum Flaw: String, CaseIterable, Sendable {
    // Cursors.

    /// The cursor is the last id seen: ids are drawn before commit, and who commits late is behind it.
    case idCursor
    /// The next window begins at a snapshot made up from the xmin of this one's end.
    case xminCursor
    /// Windows end at xmin: right, but any transaction that stays open holds up everybody.
    case xminHorizon
    /// A window that is too large is cut at a transaction id: what one key's transactions wrote is then out of order.
    case windowCutByXid
    /// The end of the window is taken in the effects' transaction, whose own records then count as seen.
    case snapshotInEffectsTransaction
    /// Records are read under a snapshot that is older than the window's end.
    case readingUnderOlderSnapshot
    /// What was in memory is kept when the session is lost, also when that was by a crash of the server; and reading
    /// does not look at the versions of the lanes.
    case memoryKeptOverCrash
    /// The same, with a look at the versions: after a crash they are counted up to the same numbers again.
    case memoryKeptWhereVersionsAgree

    // The commit.

    /// The position is committed first, the effects follow.
    case commitBeforeEffect
    /// Effects commit by themselves, the position follows.
    case effectOutsideTransaction
    /// COMMIT was answered, so it is taken for done; that the answer says ROLLBACK is not looked at.
    case commitTagIgnored
    /// Positions are advanced whatever their version is: the last writer wins.
    case advanceWithoutVersion
    /// Of several lanes those are advanced that can be.
    case advanceOfSomeLanes
    /// Reading does not look at the versions of the lanes that are held.
    case versionsNotReadWithWindow
    /// Receivers that use savepoints share a pipeline with others.
    case interleavedSavepoints
    /// Receivers of the same key share a pipeline.
    case pipelineOfOneKey
    /// The number of lanes is that of the worker's code, and two workers have different code.
    case ownLaneCount
    /// Old positions are purged by age alone, the newest too.
    case purgeOfNewest
    /// Superseded positions are purged at once.
    case purgeWithoutAge

    // Parked records.

    /// A retry commits without a new version of the lane's position.
    case retryWithoutAdvance
    /// A person changes deliveries without a new version of the lane's position.
    case personWithoutAdvance
    /// Later records of a key do not queue up behind its parked one.
    case overtaking
    /// Whoever takes a lane reads its deliveries, and then its position.
    case deliveriesReadFirst

    // Rewind.

    /// Rewind goes to a snapshot made up from a record's transaction id.
    case rewindToMadeUpSnapshot
    /// Rewind leaves the generation as it is.
    case rewindKeepsGeneration
    /// Rewind removes deliveries and then moves whatever is newest by then.
    case rewindOfWhateverIsNewest
    /// Rewind removes all deliveries, also of what will not be read again.
    case rewindDropsAllDeliveries

    // Backfill.

    /// Live records of keys that no chunk has come to are acted on.
    case backfillWithoutSkip
    /// A chunk is kept when the lanes have been given up or their positions forgotten.
    case chunkKeptOverHands
    /// The snapshot is taken first, and the rows are read after it.
    case chunkReadAfterSnapshot
    /// A chunk also moves lanes that stand at the same place, but were not held when it was read.
    case chunkForOtherLanes

    // External mode.

    /// Calls are made before the change they tell of is safe from a crash.
    case claimNotDurable
    /// The idempotency key names the server's life at the time of the call, and not of the record.
    case keyOfCurrentIncarnation
    /// The idempotency key of a backfilled row does not say when the row was read.
    case backfillKeyWithoutSnapshot
}
