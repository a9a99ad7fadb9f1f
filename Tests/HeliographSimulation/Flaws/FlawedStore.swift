#if DEBUG
    import HeliographLog
    import HeliographModels

    @testable import HeliographWorker

    /// A store that lets a worker do without a rule.
    struct FlawedStore: LaneStore {
        let base: any LaneStore
        let flaw: Flaw

        var registration: Registration { base.registration }
        var server: String { base.server }
        var isOpen: Bool { get async { await base.isOpen } }
        func close() async { await base.close() }
        func ping() async throws { try await base.ping() }
        func join() async throws { try await base.join() }
        func membership() async throws -> (count: Int, isCurrent: Bool) { try await base.membership() }

        func lock(_ candidates: [Int], limit: Int) async throws -> [Int] {
            let locked = try await base.lock(candidates, limit: limit)
            return flaw == .unfenced ? Array(candidates.prefix(limit)) : locked
        }

        func unlock(_ lanes: [Int]) async throws { try await base.unlock(lanes) }
        func showOutage(_ isOn: Bool) async throws { try await base.showOutage(isOn) }

        func readPositions(of lanes: [Int], into table: inout LaneTable) async throws {
            try await base.readPositions(of: lanes, into: &table)
        }

        func readParked(of lanes: [Int], into table: inout LaneTable) async throws {
            if flaw != .parkedForgotten { try await base.readParked(of: lanes, into: &table) }
        }

        func readParked(_ key: LaneTable.DueKey, into table: inout LaneTable) async throws {
            try await base.readParked(key, into: &table)
        }

        func dueDeliveries(
            _ key: LaneTable.DueKey, limit: Int
        ) async throws -> [(delivery: Int64, failures: Int, record: Record)] {
            try await base.dueDeliveries(key, limit: limit)
        }

        func takeClaims(of lanes: [Int], worker: String) async throws -> [(lane: Int, suspect: String?)] {
            try await base.takeClaims(of: lanes, worker: worker)
        }

        func announce(_ items: [Int: String]) async throws -> Int { try await base.announce(items) }

        func clearSuspicion(of lanes: [Int], worker: String) async throws {
            try await base.clearSuspicion(of: lanes, worker: worker)
        }

        func dropClaims(of lanes: [Int], worker: String) async throws {
            try await base.dropClaims(of: lanes, worker: worker)
        }

        func absolve(worker: String) async { await base.absolve(worker: worker) }

        func transaction(for context: EffectContext?, isDurable: Bool) -> any LaneTransaction {
            FlawedTransaction(
                base: base.transaction(for: context, isDurable: isDurable), store: base, flaw: flaw)
        }

        func rollBack() async { await base.rollBack() }
    }
#endif
