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
    /// How many changes each row had when the backfill was over.
    private let toldUntil = Mutex<[Int]?>(nil)
    private let errors: Errors
    private let progress = Atomic(0)
    /// What it is at, for those who want to know why it does not go on.
    private let stageName = Mutex("beginning")

    private static let steps = 60

    /// Why it does not come to an end.
    var hindrances: [String] {
        ["stuck: \(stageName.withLock(\.self))"]
            + Receivers.all.filter { !log.isSettled($0) }.flatMap { log.places(of: $0) } + verdict.faults
    }

    init(flaw: Flaw? = nil, logger: Logger) {
        self.flaw = flaw
        self.logger = logger
        log = MemoryLog(logger: logger)
        shop = Shop(log, rows: Int.random(in: 1...30))
        errors = Errors()
        receivers = Receivers(weather: weather, outside: Outside(), hung: Hung())
    }

    /// - Returns: what is wrong.
    func run() async throws -> [String] {
        enter("writing")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { try await self.occupy() } }
            group.addTask { try await self.operate() }
            group.addTask { try await self.watchBackfill() }
            group.addTask { try await self.writeAll() }
            // The first error ends the others.
            try await group.waitForAll()
        }
        enter("laying to rest")
        for process in dead.withLock(\.self) { await process.finish() }
        // The log hears of the last sessions' ends.
        try await Task.sleep(for: .seconds(10))
        return errors.all.withLock { $0.map { "ended with an error: \($0)" } } + verdict.faults
    }

    private func writeAll() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { try await self.write() } }
            try await group.waitForAll()
        }
        isWriting.store(false, ordering: .relaxed)
        enter("working off")
        weather.clear()
        receivers.hung.release()
    }

    /// Notes how far the rows were when all that were there had been told of.
    private func watchBackfill() async throws {
        while !log.hasBackfilled(Receivers.backfill) { try await Task.sleep(for: .milliseconds(20)) }
        let counts = shop.history.map(\.count)
        toldUntil.withLock { $0 = counts }
    }

    private var verdict: Verdict {
        Verdict(log: log, shop: shop, outside: receivers.outside, toldUntil: toldUntil.withLock(\.self))
    }

    private func enter(_ stage: String) { stageName.withLock { $0 = stage } }

    private var isDone: Bool {
        !isWriting.load(ordering: .relaxed) && Receivers.all.allSatisfy(log.isSettled)
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
                flaw: flaw, logger: logger
            ) { [errors] error in errors.all.withLock { $0.append("\(error)") } }
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
            case 2, 3: process.network.cutOff(for: Chance.time(upTo: .seconds(60)))
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
        while !isDone {
            try await Task.sleep(for: Chance.time(upTo: .seconds(10)))
            guard let name = Receivers.all.randomElement() else { continue }
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

/// What processes have ended with.
private final class Errors: Sendable {
    let all = Mutex<[String]>([])
}
