import Dispatch
import Foundation

/// Whether a connection may look for its answer for a moment before it goes to sleep.
///
/// From a server on the same machine a short statement's answer comes within some 20 µs. To be woken for it takes two
/// changes of threads, which cost more: both in time and, since a watched server is never waited for in vain, in CPU. So a
/// connection that is the only one waiting looks at its socket for some microseconds, as an adaptive mutex does before it
/// blocks; and one whose answers take longer soon stops looking. See `docs/decisions/0011`.
struct BusyWatch: Sendable {
    /// So many nanoseconds at most, for the answers to so many statements. A cooperative thread is busy meanwhile, not blocked.
    static func limit(statements: Int) -> UInt64 { 50_000 + 2_500 * UInt64(clamping: min(statements, 100)) }

    /// The same for who looks on behalf of all connections: some answer is nearer than each.
    static let limitForAll: UInt64 = 10_000

    /// With one core the server could not answer while somebody watches.
    private static let hasCores = ProcessInfo.processInfo.activeProcessorCount > 1

    /// So many misses in a row may be chance.
    private let patience: Int
    /// So many answers in a row were not there in time.
    private var misses = 0
    /// So many more are not looked for.
    private var pause = 0

    init(patience: Int = 1) { self.patience = patience }

    /// To be asked once for each wait.
    var isWorthIt: Bool {
        mutating get {
            guard Self.hasCores else { return false }
            if pause > 0 {
                pause -= 1
                return false
            }
            return true
        }
    }

    /// After each miss it looks half as often; after a hit always.
    mutating func note(_ found: Bool) {
        if found {
            misses = 0
            return
        }
        misses = min(misses + 1, patience + 9)
        pause = misses <= patience ? 0 : 1 << (misses - patience + 1)
    }

    /// Looks until there is something, as long as it may.
    static func look(limit: UInt64, until isThere: () -> Bool, while mayGoOn: () -> Bool) -> Bool {
        let end = DispatchTime.now().uptimeNanoseconds + limit
        repeat {
            if isThere() { return true }
        } while mayGoOn() && DispatchTime.now().uptimeNanoseconds < end
        return false
    }
}
