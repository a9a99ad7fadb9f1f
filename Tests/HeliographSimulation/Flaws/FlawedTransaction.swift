#if DEBUG
    import HeliographModels
    import HeliographPostgres

    @testable import HeliographWorker

    /// A transaction that ends as its flaw has it.
    struct FlawedTransaction: LaneTransaction {
        let base: any LaneTransaction
        let store: any LaneStore
        let flaw: Flaw

        var effects: any TransactionBackend { base.effects }

        func pipeline(_ statements: [SQL]) async throws -> [StatementOutcome] { try await base.pipeline(statements) }

        func commit(
            _ lanes: [Int], of table: LaneTable, at place: LanePlace, _ changes: [LaneChange]
        ) async throws -> (place: LanePlace, parked: [Int64]) {
            switch flaw {
            case .commitIgnored:
                do {
                    return try await base.commit(lanes, of: table, at: place, changes)
                } catch {
                    return (place, [])
                }
            case .placeFirst:
                // Two transactions move the lanes' versions further than the worker knows.
                let named = try await move(lanes, of: try await reread(lanes), to: place)
                return (named, try await base.commit(lanes, of: try await reread(lanes), at: named, changes).parked)
            case .effectsFirst:
                guard let before = lanes.first.flatMap({ table.lanes[$0]?.place }) else { break }
                let parked = try await base.commit(lanes, of: try await reread(lanes), at: before, changes).parked
                return (try await move(lanes, of: try await reread(lanes), to: place), parked)
            case .unfenced:
                return try await base.commit(lanes, of: try await reread(lanes), at: place, changes)
            case .backfillFirst where place.frontier != nil:
                let named = try await move(lanes, of: try await reread(lanes), to: place)
                return (named, try await base.commit(lanes, of: try await reread(lanes), at: named, changes).parked)
            case .backfillFirst, .parkedForgotten, .byNumber: break
            }
            return try await base.commit(lanes, of: table, at: place, changes)
        }

        private func reread(_ lanes: [Int]) async throws -> LaneTable {
            var table = LaneTable()
            try await store.readPositions(of: lanes, into: &table)
            return table
        }

        private func move(_ lanes: [Int], of table: LaneTable, to place: LanePlace) async throws -> LanePlace {
            try await store.transaction(for: nil, isDurable: false).commit(lanes, of: table, at: place, []).place
        }
    }
#endif
