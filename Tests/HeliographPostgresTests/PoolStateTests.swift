import Testing

@testable import HeliographPostgres

@Suite("What a pool knows")
struct PoolStateTests {
    /// The users of a pool of numbered connections, as a test plays them.
    struct World {
        var state = PoolState<Int>(maximum: 2)
        var lent: [Int] = []
        /// Somebody is opening a connection.
        var opening = 0
        var queue: [Int] = []
        var served: [Int] = []
        var nextConnection = 0
        var nextWaiter = 0
        var isShutDown = false

        mutating func lease() {
            switch state.lease() {
            case .use(let connection, _): lent.append(connection)
            case .open: opening += 1
            case .wait:
                nextWaiter += 1
                queue.append(nextWaiter)
                state.enqueue(nextWaiter)
            case .refuse: break
            }
        }

        mutating func opened() {
            guard opening > 0 else { return }
            opening -= 1
            nextConnection += 1
            lent.append(nextConnection)
        }

        mutating func failedToOpen() {
            guard opening > 0 else { return }
            opening -= 1
            if let waiter = state.lose() { serve(waiter, with: nil) }
        }

        mutating func giveBack() {
            guard !lent.isEmpty else { return }
            let connection = lent.removeFirst()
            if let waiter = state.give(back: connection, at: .now).waiter { serve(waiter, with: connection) }
        }

        mutating func breakDown() {
            guard !lent.isEmpty else { return }
            lent.removeFirst()
            if let waiter = state.lose() { serve(waiter, with: nil) }
        }

        mutating func giveUp() {
            guard let waiter = queue.last else { return }
            if state.cancel(waiter) { queue.removeLast() }
        }

        mutating func shutDown() {
            let refused = state.shutDown().waiters
            if refused != queue { Issue.record("\(queue) wait, \(refused) are refused") }
            queue = []
            isShutDown = true
        }

        private mutating func serve(_ waiter: Int, with connection: Int?) {
            if queue.first != waiter { Issue.record("\(waiter) was served before \(queue)") }
            queue.removeAll { $0 == waiter }
            served.append(waiter)
            if let connection { lent.append(connection) } else { opening += 1 }
        }
    }

    enum Step: CaseIterable { case lease, opened, failedToOpen, giveBack, breakDown, giveUp, shutDown }

    @Test("Every sequence of up to seven steps keeps the limit, the order, and nobody waiting beside a free place")
    func exhaustive() {
        var checked = 0
        func extend(_ world: World, length: Int) {
            checked += 1
            let used = world.lent.count + world.opening + world.state.idleCount
            if used != world.state.openCount {
                Issue.record("\(used) connections are in use, \(world.state.openCount) are counted")
            }
            if used > 2 { Issue.record("\(used) connections are open, 2 are allowed") }
            if !world.isShutDown, !world.queue.isEmpty, used < 2 || world.state.idleCount > 0 {
                Issue.record("\(world.queue) wait although there is a place")
            }
            if Set(world.lent).count != world.lent.count { Issue.record("a connection was lent twice: \(world.lent)") }
            guard length < 7 else { return }
            for step in Step.allCases where !(world.isShutDown && step == .shutDown) {
                var next = world
                switch step {
                case .lease: next.lease()
                case .opened: next.opened()
                case .failedToOpen: next.failedToOpen()
                case .giveBack: next.giveBack()
                case .breakDown: next.breakDown()
                case .giveUp: next.giveUp()
                case .shutDown: next.shutDown()
                }
                extend(next, length: length + 1)
            }
        }
        extend(World(), length: 0)
        #expect(checked > 300_000)
    }

    @Test("Of the idle ones the warmest is lent, of those that are near if any is")
    func nearness() {
        var state = PoolState<Int>(maximum: 4)
        for _ in 1...4 { _ = state.lease() }
        for connection in 1...4 { _ = state.give(back: connection, at: .now) }
        func lease(_ isNear: (@Sendable (Int) -> Bool)? = nil) -> Int? {
            if case .use(let connection, _) = state.lease(preferring: isNear) { connection } else { nil }
        }
        #expect(lease { $0 < 3 } == 2)
        #expect(lease { $0 < 3 } == 1)
        #expect(lease { $0 < 3 } == 4)
        #expect(lease() == 3)
        #expect(lease { _ in true } == nil)
    }

    @Test("Idle connections are closed in time, but not below the minimum")
    func reaping() {
        var state = PoolState<Int>(maximum: 5)
        let start = ContinuousClock.now
        for _ in 0..<3 { _ = state.lease() }
        for connection in 0..<3 { _ = state.give(back: connection, at: start + .seconds(connection)) }
        #expect(state.reap(idleSince: start + .seconds(2), minimum: 2) == [0])
        #expect(state.reap(idleSince: start + .seconds(9), minimum: 0) == [1, 2])
        #expect(state.openCount == 0)
    }

    @Test("Places up to the minimum are reserved one by one, never beyond the maximum, nor after the end")
    func minimum() {
        var state = PoolState<Int>(maximum: 2)
        func reserves(below minimum: Int) -> Bool { state.reserve(below: minimum) }
        #expect([reserves(below: 5), reserves(below: 5), reserves(below: 5)] == [true, true, false])
        #expect(state.openCount == 2)
        for connection in [1, 2] { _ = state.give(back: connection, at: .now) }
        let removed = state.remove { $0 == 1 }
        #expect(removed == [1])
        #expect(state.openCount == 1)
        #expect(!reserves(below: 1))
        _ = state.shutDown()
        #expect(!reserves(below: 2))
    }
}
