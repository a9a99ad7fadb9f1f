extension Flaw {
    /// What the checker says at the latest after some hundred seeds, though a flaw may show in other ways as well.
    var consequence: Fault.Kind {
        switch self {
        case .idCursor, .snapshotInEffectsTransaction, .readingUnderOlderSnapshot, .commitBeforeEffect,
            .interleavedSavepoints, .rewindToMadeUpSnapshot, .rewindKeepsGeneration, .rewindDropsAllDeliveries,
            .chunkKeptOverHands, .chunkForOtherLanes, .backfillKeyWithoutSnapshot:
            .lost
        case .xminCursor, .effectOutsideTransaction, .advanceWithoutVersion, .advanceOfSomeLanes, .ownLaneCount,
            .purgeWithoutAge, .retryWithoutAdvance, .deliveriesReadFirst, .rewindOfWhateverIsNewest,
            .backfillWithoutSkip, .chunkReadAfterSnapshot, .keyOfCurrentIncarnation:
            .doubled
        case .windowCutByXid, .memoryKeptWhereVersionsAgree, .pipelineOfOneKey, .overtaking: .outOfOrder
        case .xminHorizon, .memoryKeptOverCrash, .commitTagIgnored, .versionsNotReadWithWindow, .purgeOfNewest,
            .personWithoutAdvance:
            .stuck
        case .claimNotDurable: .mailForLostChange
        }
    }
}
