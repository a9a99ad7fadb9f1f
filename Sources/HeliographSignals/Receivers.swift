/// The receivers of a signal at some moment, in the order in which they run. It is never changed, so that sends work on it without a lock.
@usableFromInline
final class Receivers<Payload>: Sendable {
    @usableFromInline let all: ContiguousArray<Receiver<Payload>>
    /// Whether each of them hears every sender and does not wait: then a send is a loop of calls.
    @usableFromInline let arePlain: Bool

    /// Whether at least one of them hears every sender.
    let hearsEverySender: Bool

    init(_ all: ContiguousArray<Receiver<Payload>>) {
        self.all = all
        hearsEverySender = all.contains { $0.sender == nil }
        arePlain = all.allSatisfy { receiver in
            if case .immediate = receiver.body { receiver.sender == nil } else { false }
        }
    }

    @inlinable
    func callPlain(_ payload: inout Payload) throws {
        try all.withUnsafeBufferPointer { all throws in
            for index in all.indices {
                if case .immediate(let receive) = all[index].body { try receive(&payload) }
            }
        }
    }
}
