import Testing

@testable import HeliographPostgres

@Suite("Events of a listener, for one reader")
struct ListenerEventsTests {
    private func text(_ event: ListenerEvent?) -> String {
        switch event {
        case .listening: "listening"
        case .notification(let notification): notification.payload
        case .dropped(let count): "dropped \(count)"
        case .lost: "lost"
        case nil: "end"
        }
    }

    private func notification(_ payload: String) -> ListenerEvent {
        .notification(Notification(channel: "c", payload: payload, backendProcessID: 1))
    }

    @Test("A slow reader gets what there was room for, then how many it has missed, then what comes after")
    func overflow() async {
        let events = ListenerEvents(capacity: 2)
        for number in 1...5 { events.add(notification("\(number)")) }
        var iterator = events.makeAsyncIterator()
        var seen: [String] = []
        for _ in 0..<3 { seen.append(text(await iterator.next())) }
        #expect(seen == ["1", "2", "dropped 3"])
        events.add(notification("6"))
        events.finish()
        #expect(text(await iterator.next()) == "6")
        #expect(text(await iterator.next()) == "end")
        #expect(text(await iterator.next()) == "end")
    }

    @Test("A reader that waits is woken by an event, by the end, and by its cancellation", .timeLimit(.minutes(1)))
    func waiting() async {
        let events = ListenerEvents(capacity: 2)
        func reader() -> Task<String, Never> {
            Task {
                var iterator = events.makeAsyncIterator()
                return text(await iterator.next())
            }
        }
        let first = reader()
        events.add(.listening)
        #expect(await first.value == "listening")
        let second = reader()
        second.cancel()
        #expect(await second.value == "end")
        let third = reader()
        events.finish()
        #expect(await third.value == "end")
    }
}
