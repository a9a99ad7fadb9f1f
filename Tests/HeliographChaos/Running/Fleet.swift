import Foundation
import HeliographTesting
import Synchronization

/// The worker processes of a scenario. One that ends is started again, as a supervisor would.
final class Fleet: Sendable {
    private struct Seat {
        var plan: WorkerPlan
        var flaw: Flaw?
        var isByHand: Bool
        var program: RunningProgram?
        var isReady = false
        var starts = 0
        var isWanted = true
        /// How long its supervisor takes to start it again.
        var absence = Duration.zero
    }

    private let seats = Mutex<[Seat]>([])
    private let statuses = Mutex<[Int32]>([])
    private let log: WorkerLog

    /// More of them are a scenario that got nowhere.
    private static let maximumStarts = 2_000

    init(log: WorkerLog) { self.log = log }

    /// The last lines that workers have written.
    var lastLines: [String] { log.lastLines }
    /// What they should have said, and have not.
    var missing: [String] { log.missing }
    var receivers: [String] {
        seats.withLock { seats in Set(seats.flatMap(\.plan.kinds)).map(\.rawValue).sorted() }
    }
    var size: Int { seats.withLock(\.count) }
    /// The exit statuses of workers that ended while they were not wanted any more, or by themselves.
    var endings: [Int32] { statuses.withLock { $0 } }

    /// Adds a worker to be run.
    func add(_ plan: WorkerPlan, flaw: Flaw? = nil, byHand: Bool = false) {
        seats.withLock { $0.append(Seat(plan: plan, flaw: flaw, isByHand: byHand)) }
    }

    /// What is started from now on in a worker's place.
    func replace(_ number: Int, _ change: (inout WorkerPlan) -> Void) {
        seats.withLock { change(&$0[number].plan) }
    }

    /// - Returns: whether there was one that heeds signals.
    @discardableResult
    func send(_ signal: RunningProgram.ProcessSignal, to number: Int) -> Bool {
        let program = seats.withLock { seats in
            seats.indices.contains(number) && seats[number].isReady ? seats[number].program : nil
        }
        program?.send(signal)
        return program != nil
    }

    /// Kills a worker; it is started again after a while, so that the others have to take over.
    func kill(_ number: Int, absence: Duration) {
        seats.withLock { $0[number].absence = absence }
        send(.kill, to: number)
    }

    /// What the server shows a worker's sessions as.
    func name(of number: Int) -> String { seats.withLock { $0[number].plan.name } }

    /// How often a worker was started.
    func starts(of number: Int) -> Int { seats.withLock { $0[number].starts } }

    /// Whether all heed signals.
    var areReady: Bool { seats.withLock { $0.allSatisfy(\.isReady) } }

    /// Waits until a worker heeds signals.
    func ready(_ number: Int) async throws {
        try await eventually("worker \(number) to be ready", within: .seconds(60), every: .milliseconds(5)) {
            seats.withLock { $0[number].isReady }
        }
    }

    /// Runs the workers for the time of `body`, then asks them to end.
    func run(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<size { group.addTask { try await self.keepRunning(number) } }
            do {
                try await body()
                try await retire()
                try await group.waitForAll()
            } catch {
                seats.withLock { seats in for number in seats.indices { seats[number].isWanted = false } }
                group.cancelAll()
                throw error
            }
        }
    }

    private func retire() async throws {
        let programs = seats.withLock { seats in
            for number in seats.indices { seats[number].isWanted = false }
            return seats.compactMap { seat in seat.program.map { ($0, isKilled: seat.isByHand || !seat.isReady) } }
        }
        for (program, isKilled) in programs { program.send(isKilled ? .kill : .terminate) }
        do {
            try await eventually("the workers to end", within: .seconds(40)) {
                seats.withLock { $0.allSatisfy { $0.program == nil } }
            }
        } catch let error as NotInTime {
            for (program, _) in programs { program.send(.kill) }
            throw error
        }
    }

    private func keepRunning(_ number: Int) async throws {
        let path = try programPath("heliograph-chaos")
        while true {
            let seat = seats.withLock { seats in
                seats[number].starts += 1
                return seats[number]
            }
            if !seat.isWanted { return }
            guard seat.starts <= Self.maximumStarts else { throw RestartedTooOften(name: seat.plan.name) }
            var plan = seat.plan
            plan.seed &+= UInt64(seat.starts)
            var arguments = ["worker", "--plan", try plan.text]
            if let flaw = seat.flaw { arguments += ["--flaw", flaw.rawValue] }
            if seat.isByHand, seat.flaw == nil { arguments.append("--by-hand") }
            let log = log
            let name = plan.name
            let start = ContinuousClock.now
            let onLine: @Sendable (String) -> Void = { log.note(name, $0) }
            let (_, status) = try await withProgram(path, arguments, onLine: onLine) { program in
                let isWanted = seats.withLock { seats in
                    seats[number].program = program
                    return seats[number].isWanted
                }
                guard isWanted else { return }
                if (try? await program.line(containing: WorkerPlan.ready)) != nil {
                    seats.withLock { $0[number].isReady = true }
                }
                try await program.ended()
            }
            let (isWanted, absence) = seats.withLock { seats in
                seats[number].program = nil
                seats[number].isReady = false
                defer { seats[number].absence = .zero }
                return (seats[number].isWanted, seats[number].absence)
            }
            log.note(name, "ended with status \(status)")
            if status != -SIGKILL { statuses.withLock { $0.append(status) } }
            if !isWanted { return }
            try await Task.sleep(for: absence)
            // One that cannot begin, since there is no server, is not started without a pause.
            if ContinuousClock.now - start < .milliseconds(500) { try await Task.sleep(for: .milliseconds(50)) }
        }
    }
}
