import Synchronization

/// How many connections of the process wait for an answer at this moment.
final class WaitCount: Sendable {
    private let count = Atomic<Int>(0)

    /// A wait begins.
    /// - Returns: whether it is the only one.
    func begin() -> Bool { count.add(1, ordering: .relaxed).newValue == 1 }

    /// A wait has ended.
    func end() { count.subtract(1, ordering: .relaxed) }

    var isOnlyOne: Bool { count.load(ordering: .relaxed) == 1 }

    var areSeveral: Bool { count.load(ordering: .relaxed) > 1 }
}
