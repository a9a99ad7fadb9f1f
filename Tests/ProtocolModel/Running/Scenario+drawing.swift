extension Scenario {
    /// Any scenario; with a flaw one in which that flaw can matter.
    static func draw(_ random: inout SeededGenerator, for flaw: Flaw?) -> Scenario {
        var scenario = Scenario()
        scenario.workers = 2 + random.below(2)
        scenario.lanes = 1 + random.below(4)
        scenario.keys = 3 + random.below(4)
        scenario.batchLimit = 2 + random.below(4)
        scenario.isExternal = random.chance(25)
        scenario.start = Start(rawValue: random.below(3)) ?? .now
        scenario.locking = Locking(rawValue: random.below(3)) ?? .none
        scenario.releasesDeadLetters = random.chance(30)
        scenario.losesCommits = random.chance(40)
        scenario.hasPoison = random.chance(60)
        scenario.swallowsErrors = random.chance(30)
        scenario.usesSavepoints = random.chance(50)
        scenario.sharesPipelines = random.chance(50)
        scenario.echoes = random.chance(40)
        scenario.rewinds = random.chance(35)
        scenario.hasPerson = random.chance(60)
        scenario.purges = random.chance(50)
        scenario.stallsBackends = random.chance(40)
        scenario.hasEndlessTransaction = random.chance(40)
        scenario.hasBursts = random.chance(40)
        scenario.isFragile = random.chance(20)
        scenario.personKnowsVersions = random.chance(50)
        if let flaw { scenario.provoke(flaw) }
        if scenario.isExternal {
            // No transaction of a receiver: nothing to write, to swallow or to share.
            scenario.swallowsErrors = false
            scenario.usesSavepoints = false
            scenario.sharesPipelines = false
            scenario.echoes = false
        }
        if scenario.rewinds || scenario.hasPoison { scenario.hasPerson = true }
        return scenario
    }

    private mutating func provoke(_ flaw: Flaw) {
        switch flaw {
        case .idCursor, .xminCursor, .xminHorizon, .windowCutByXid, .commitBeforeEffect, .effectOutsideTransaction,
            .readingUnderOlderSnapshot:
            isExternal = false
            if flaw == .idCursor { start = .beginning }
            if flaw == .windowCutByXid { batchLimit = 2 }
            if flaw == .xminHorizon {
                start = .beginning
                hasEndlessTransaction = true
                rewinds = false
            }
        case .snapshotInEffectsTransaction:
            isExternal = false
            echoes = true
            lanes = 1
            batchLimit = 10
            losesCommits = false
        case .memoryKeptOverCrash: losesCommits = true
        case .memoryKeptWhereVersionsAgree:
            losesCommits = true
            locking = .none
            lanes = 1
            workers = 2
            isFragile = true
            isExternal = false
            hasPoison = false
            steps = 600
        case .commitTagIgnored:
            isExternal = false
            hasPoison = true
            swallowsErrors = true
        case .advanceWithoutVersion: locking = lessThan(locking)
        case .advanceOfSomeLanes:
            isExternal = false
            lanes = max(2, lanes)
            locking = lessThan(locking)
        case .versionsNotReadWithWindow:
            hasPoison = true
            hasPerson = true
        case .interleavedSavepoints, .pipelineOfOneKey:
            isExternal = false
            sharesPipelines = true
            usesSavepoints = true
        case .ownLaneCount: lanes = max(2, lanes)
        case .purgeOfNewest: purges = true
        case .purgeWithoutAge:
            purges = true
            stallsBackends = true
            locking = .none
            workers = 3
            lanes = 1
            batchLimit = 2
            hasPoison = false
            hasBursts = true
        case .retryWithoutAdvance:
            hasPoison = true
            locking = lessThan(locking)
        case .personWithoutAdvance, .overtaking, .deliveriesReadFirst:
            hasPoison = true
            hasPerson = true
        case .rewindToMadeUpSnapshot, .rewindOfWhateverIsNewest, .rewindDropsAllDeliveries:
            rewinds = true
            hasPoison = true
            hasBursts = true
            stallsBackends = true
        case .rewindKeepsGeneration:
            rewinds = true
            isExternal = true
        case .backfillWithoutSkip, .chunkKeptOverHands, .chunkReadAfterSnapshot: start = .backfill
        case .chunkForOtherLanes:
            start = .backfill
            lanes = max(2, lanes)
        case .claimNotDurable, .keyOfCurrentIncarnation:
            isExternal = true
            losesCommits = true
        case .backfillKeyWithoutSnapshot:
            isExternal = true
            start = .backfill
        }
    }

    /// Locks that keep others away would hide what is missing.
    private func lessThan(_ locking: Locking) -> Locking { locking == .session ? .elsewhere : locking }
}
