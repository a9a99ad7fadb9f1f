public import Synchronization

/// A named event of this process and the receivers that are connected to it.
///
/// ```swift
/// let greeted = Signal<String>("greeted")
/// greeted.connect("shout") { text in text += "!" }
///
/// var text = "hello"
/// try await greeted.send(&text)
/// print(text)  // hello!
/// ```
///
/// Receivers run one after the other, by their `order` and then as they were connected; an `async` receiver keeps its place.
/// The payload is passed `inout`: what one receiver changes, the next one and the sender see.
///
/// A send works on the receivers that are connected when it starts. Connecting and disconnecting during a send, also
/// from inside a receiver, is safe and takes effect from the next send on: a receiver that is disconnected before its
/// turn still gets that turn, and one that is connected meanwhile does not get one.
///
/// References to receivers are strong. A receiver is released when it is disconnected, or at the end of the sends that
/// were under way then. Sends from several tasks run concurrently, each with its own payload, in no common order.
///
/// The payload need not be `Sendable`: receivers run in the isolation of the code that sends.
///
/// ## Topics
/// ### Connecting
/// - ``connect(answering:from:order:_:)``
/// - ``disconnect(_:from:)``
/// - ``withConnected(_:from:order:_:perform:)``
/// - ``withMuted(_:from:perform:)``
/// ### Sending
/// - ``send(_:from:)``
/// - ``sendRobust(_:from:)``
/// ### Looking inside
/// - ``hasReceivers(from:)``
/// - ``receivers(from:)``
/// - ``descriptions``
/// - ``senders``
public final class Signal<Payload>: Sendable {
    /// The signal's name, for logs and listings.
    public let name: String

    /// Made anew with each change, so that a send holds an immutable snapshot for the price of one reference count.
    @usableFromInline let connected = Mutex(Receivers<Payload>([]))

    /// How many are connected, for a send without receivers to return without taking the lock.
    @usableFromInline let count = Atomic<Int>(0)

    /// How many scopes mute it at the moment, whosever they are.
    @usableFromInline let mutings = Atomic<Int>(0)

    /// Creates a signal without receivers.
    ///
    /// - Parameter name: The signal's name, for logs and listings.
    public init(_ name: String) {
        self.name = name
    }

    /// Connects a receiver behind those of its order.
    /// - Returns: `false` if there is one with this identifier and sender.
    func connect(_ receiver: Receiver<Payload>) -> Bool {
        connected.withLock { connected in
            var all = connected.all
            guard !all.contains(where: { $0.isConnected(as: receiver.id, from: receiver.sender) }) else { return false }
            all.insert(receiver, at: all.firstIndex { $0.order > receiver.order } ?? all.endIndex)
            connected = Receivers(all)
            count.store(all.count, ordering: .releasing)
            return true
        }
    }

    /// Disconnects the receiver that was connected with this identifier and sender.
    ///
    /// A send that is under way still runs it.
    ///
    /// - Parameters:
    ///   - id: The receiver's identifier.
    ///   - sender: The sender it was connected with; `nil` if it was connected without one.
    /// - Returns: Whether such a receiver was connected.
    @discardableResult
    public func disconnect(_ id: ReceiverID, from sender: SignalSender? = nil) -> Bool {
        // The receivers leave the closure and are released after the lock: releasing one may run a deinit that uses this
        // signal again.
        let before: Receivers<Payload>? = connected.withLock { connected in
            var all = connected.all
            guard let index = all.firstIndex(where: { $0.isConnected(as: id, from: sender) }) else { return nil }
            all.remove(at: index)
            defer { connected = Receivers(all) }
            count.store(all.count, ordering: .releasing)
            return connected
        }
        return before != nil
    }

    /// Whether a signal from this sender would reach anybody.
    ///
    /// Use it to avoid preparing a payload that nobody wants.
    ///
    /// - Parameter sender: The sender of the signal; `nil` for a signal without one.
    public func hasReceivers(from sender: SignalSender? = nil) -> Bool {
        guard count.load(ordering: .acquiring) > 0 else { return false }
        if mutings.load(ordering: .relaxed) == 0, snapshot.hearsEverySender { return true }
        return hearing(sender).contains { $0.hears(sender) }
    }

    /// The receivers that a signal from this sender would reach, in the order in which they would run.
    ///
    /// - Parameter sender: The sender of the signal; `nil` for a signal without one.
    public func receivers(from sender: SignalSender? = nil) -> [ReceiverID] {
        hearing(sender).filter { $0.hears(sender) }.map(\.id)
    }

    /// All receivers as they are connected, in the order in which they run, also those that are muted here.
    public var descriptions: [ReceiverDescription] { snapshot.all.map(\.description) }

    /// The senders that the receivers have asked for; `nil` if one of them hears all.
    public var senders: Set<SignalSender>? {
        let receivers = snapshot.all
        let senders = Set(receivers.compactMap(\.sender))
        return receivers.contains { $0.sender == nil } ? nil : senders
    }

    /// All receivers as they are connected now.
    @inlinable
    var snapshot: Receivers<Payload> { connected.withLock { $0 } }

    /// Those that are not muted in this task, for a signal from this sender.
    @usableFromInline
    func hearing(_ sender: SignalSender?) -> ContiguousArray<Receiver<Payload>> {
        guard count.load(ordering: .acquiring) > 0 else { return [] }
        // The task is asked only if anybody mutes.
        return mutings.load(ordering: .relaxed) > 0 ? unmuted(snapshot.all, sender) : snapshot.all
    }
}
