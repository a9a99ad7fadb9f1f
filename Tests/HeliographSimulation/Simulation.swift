import HeliographPostgres
import HeliographWorker
import Logging
import Synchronization

/// A run: rows are changed, worker processes come and go, and in the end everything has to have arrived.
final class Simulation: Sendable {
    private let log: MemoryLog
    private let shop: Shop
    private let weather = Weather()
    private let receivers: Receivers
    private let logger: Logger
    private let flaw: Flaw?
    /// Those that were killed, until they are laid to rest.
    private let dead = Mutex<[SimulatedProcess]>([])
    private let isWriting = Atomic(true)
    private let progress = Atomic(0)
    /// What it is at, for those who want to know why it does not go on.
    private let stageName = Mutex("beginning")

    private static let steps = 60

    /// Why it does not come to an end.
    var hindrances: [String] {
        ["stuck: \(stageName.withLock(\.self))"] + Verdict(log: log, shop: shop, outside: receivers.outside).faults
    }

    init(flaw: Flaw? = nil, logger: Logger) {
        self.flaw = flaw
        self.logger = logger
        log = MemoryLog(logger: logger)
        shop = Shop(log, rows: Int.random(in: 1...30))
        receivers = Receivers(weather: weather, outside: Outside(), hung: Hung())
    }

    /// - Returns: what is wrong.
    func run() async throws -> [String] {
        enter("writing")
        async let slots: Void = withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { try await self.occupy() } }
            try await group.waitForAll()
        }
        async let operators: Void = operate()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { try await self.write() } }
            try await group.waitForAll()
        }
        isWriting.store(false, ordering: .relaxed)
        enter("working off")
        weather.clear()
        receivers.hung.release()
        try await operators
        try await slots
        enter("laying to rest")
        for process in dead.withLock(\.self) { await process.finish() }
        // The log hears of the last sessions' ends.
        try await Task.sleep(for: .seconds(10))
        return Verdict(log: log, shop: shop, outside: receivers.outside).faults
    }

    private func enter(_ stage: String) { stageName.withLock { $0 = stage } }

    private var isDone: Bool {
        !isWriting.load(ordering: .relaxed) && Verdict(log: log, shop: shop, outside: receivers.outside).isComplete
    }

    private func write() async throws {
        for _ in 0..<Self.steps / 3 {
            try await shop.change()
            progress.add(1, ordering: .relaxed)
            if Chance.one(in: 2) { try await Task.sleep(for: Chance.time(upTo: .seconds(3))) }
        }
    }

    /// One process after the other.
    private func occupy() async throws {
        while true {
            let part = progress.load(ordering: .relaxed)
            let process = SimulatedProcess(
                log, weather, receivers, revision: part > Self.steps / 2 ? 2 : 1, isLate: part > Self.steps / 3,
                flaw: flaw, logger: logger)
            guard isWriting.load(ordering: .relaxed) else {
                while !isDone { try await Task.sleep(for: .milliseconds(200)) }
                return try await process.shutDown()
            }
            try await live(process)
        }
    }

    /// Until its end, by whatever cause.
    private func live(_ process: SimulatedProcess) async throws {
        while isWriting.load(ordering: .relaxed) {
            try await Task.sleep(for: Chance.time(upTo: .seconds(8)))
            switch Int.random(in: 0..<10) {
            case 0, 1:
                process.network.kill()
                dead.withLock { $0.append(process) }
                try await Task.sleep(for: Chance.time(upTo: .seconds(2)))
                return
            case 2, 3: process.network.freeze(for: Chance.time(upTo: .seconds(60)))
            case 4: return try await process.shutDown()
            case 5, 6: process.network.terminateOne()
            // As when the server restarts.
            case 7: log.end()
            default: break
            }
        }
        try await process.shutDown()
    }

    /// What people do meanwhile.
    private func operate() async throws {
        let names = [Receivers.each, Receivers.batch, Receivers.unordered, Receivers.external, Receivers.backfill]
        while !isDone {
            try await Task.sleep(for: Chance.time(upTo: .seconds(10)))
            guard let name = names.randomElement() else { continue }
            if isWriting.load(ordering: .relaxed), Chance.one(in: 10) {
                log.setPaused(true, name)
                try await Task.sleep(for: Chance.time(upTo: .seconds(5)))
                log.setPaused(false, name)
            }
            let dead = log.parked(of: name).filter(\.isDead)
            if !dead.isEmpty { log.retry(dead.map(\.id), of: name) }
        }
    }
}
