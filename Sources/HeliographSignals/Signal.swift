import Synchronization

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
/// Receivers run one after the other in the order in which they were connected; an `async` receiver keeps its place.
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
/// - ``connect(_:from:_:)``
/// - ``disconnect(_:from:)``
/// - ``withConnected(_:from:_:perform:)``
/// ### Sending
/// - ``send(_:from:)``
/// - ``sendRobust(_:from:)``
/// ### Looking inside
/// - ``hasReceivers(from:)``
/// - ``receivers(from:)``
/// - ``senders``
public final class Signal<Payload>: Sendable {
    /// The signal's name, for logs and listings.
    public let name: String

    /// Copied on write, so that a send holds an immutable snapshot for the price of one reference count.
    private let connected = Mutex<[Receiver<Payload>]>([])

    /// The length of `connected`, for a send without receivers to return without taking the lock.
    private let count = Atomic<Int>(0)

    /// Creates a signal without receivers.
    ///
    /// - Parameter name: The signal's name, for logs and listings.
    public init(_ name: String) {
        self.name = name
    }

    /// Connects a receiver.
    ///
    /// - Parameters:
    ///   - id: The receiver's identifier, unique for this signal and `sender`.
    ///   - sender: The only sender to hear; `nil` hears all.
    ///   - receive: Runs at each send, in the isolation of the sender. It may change the payload, and may throw.
    /// - Returns: `false` if a receiver is already connected with this identifier and sender. That one stays, in its
    ///   place, and `receive` is not used.
    @discardableResult
    public func connect(
        _ id: ReceiverID,
        from sender: SignalSender? = nil,
        _ receive: @escaping @Sendable (inout Payload) async throws -> Void
    ) -> Bool {
        connected.withLock { connected in
            guard !connected.contains(where: { $0.isConnected(as: id, from: sender) }) else { return false }
            connected.append(Receiver(id: id, sender: sender, receive: receive))
            count.store(connected.count, ordering: .releasing)
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
        // The receiver leaves the closure and is released after the lock: releasing it may run a deinit that uses this
        // signal again.
        let removed: Receiver<Payload>? = connected.withLock { connected in
            guard let index = connected.firstIndex(where: { $0.isConnected(as: id, from: sender) }) else { return nil }
            let receiver = connected.remove(at: index)
            count.store(connected.count, ordering: .releasing)
            return receiver
        }
        return removed != nil
    }

    /// Whether a signal from this sender would reach anybody.
    ///
    /// Use it to avoid preparing a payload that nobody wants.
    ///
    /// - Parameter sender: The sender of the signal; `nil` for a signal without one.
    public func hasReceivers(from sender: SignalSender? = nil) -> Bool {
        snapshot().contains { $0.hears(sender) }
    }

    /// The receivers that a signal from this sender would reach, in the order in which they would run.
    ///
    /// - Parameter sender: The sender of the signal; `nil` for a signal without one.
    public func receivers(from sender: SignalSender? = nil) -> [ReceiverID] {
        snapshot().filter { $0.hears(sender) }.map(\.id)
    }

    /// The senders that the receivers have asked for; `nil` if one of them hears all.
    public var senders: Set<SignalSender>? {
        let receivers = snapshot()
        let senders = Set(receivers.compactMap(\.sender))
        return receivers.contains { $0.sender == nil } ? nil : senders
    }

    /// All receivers as they are connected now, in connect order.
    func snapshot() -> [Receiver<Payload>] {
        guard count.load(ordering: .acquiring) > 0 else { return [] }
        return connected.withLock { $0 }
    }
}
