import Testing

@testable import HeliographLog

@Suite("When the pump pumps")
struct PumpStateTests {
    /// A pump that has found nobody writing.
    private func quiet() -> PumpState {
        var state = PumpState()
        state.listed([])
        _ = state.looked(found: true)
        return state
    }

    private func busy() -> PumpState {
        var state = quiet()
        _ = state.heard(bells: PumpState.bellsWhenBusy)
        return state
    }

    @Test("It begins by waiting for whoever may have relied on the one before it")
    func beginning() {
        var state = PumpState()
        #expect(state.looked(found: true) == nil)
        #expect(state.mode == .draining(nil), "a look before the writers are known ends nothing")
        state.listed(["3/7", "4/9"])
        #expect(state.looked(found: false) == nil)
        state.listed(["4/9", "5/1"])
        #expect(state.mode == .draining(["4/9"]), "who began later reads the flag as it is now")
        #expect(state.looked(found: false) == nil)
        state.listed(["5/1"])
        #expect(state.mode == .draining([]))
        #expect(state.looked(found: true) == nil)
        #expect(state.mode == .quiet, "only after a look behind the last of them")
    }

    @Test("Many bells in a short time make it busy, a few do not")
    func becomingBusy() {
        var state = quiet()
        #expect(state.heard(bells: PumpState.bellsWhenBusy - 1) == nil)
        #expect(state.mode == .quiet)
        #expect(state.heard(bells: PumpState.bellsWhenBusy) == .busy)
        #expect(state.mode == .busy)
        #expect(state.heard(bells: 100) == nil, "its own bells say nothing")
    }

    @Test("It stays busy while looks find something, and goes quiet when few do")
    func becomingQuiet() {
        var state = busy()
        for turn in 1...400 {
            #expect(state.looked(found: turn % 8 < 3) == nil, "36 of 100 are enough")
        }
        var flags: [PumpState.Flag] = []
        for turn in 1...PumpState.memory {
            if let flag = state.looked(found: turn % 8 == 0) { flags.append(flag) }
            if state.mode != .busy { break }
        }
        #expect(flags == [.quiet])
        #expect(state.mode == .draining(nil))
    }

    @Test("A pause that was none: it is busy again before the last writer has ended")
    func busyAgain() {
        var state = busy()
        while state.looked(found: false) == nil {}
        var flag: PumpState.Flag?
        for _ in 0..<PumpState.findingsWhenBusy {
            state.listed(["3/7"])
            flag = state.looked(found: true)
        }
        #expect(flag == .busy)
        #expect(state.mode == .busy)
    }

    @Test("The more records come, the less often it looks")
    func flood() {
        var state = PumpState()
        var id: Int64 = 100
        _ = state.looked(found: true, newestID: id)
        #expect(state.interval == 5)
        for (records, interval) in [
            (19, 5), (20, 10), (69, 10), (70, 20), (139, 10), (39, 5), (1_000, 20), (1_000, 20), (0, 5),
        ] {
            id += Int64(records)
            _ = state.looked(found: true, newestID: id)
            #expect(state.interval == Int64(interval), "\(records)")
        }
    }

    @Test("When it ends it leaves no flag that writers would rely on")
    func ending() {
        var state = busy()
        #expect(state.end() == .quiet)
        #expect(state.mode == .draining(nil))
        var other = quiet()
        #expect(other.end() == nil)
    }
}
