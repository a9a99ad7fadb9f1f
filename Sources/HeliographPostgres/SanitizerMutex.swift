// ThreadSanitizer cannot see into the locks of the library Synchronization, which is built without it, and reports every use
// of them. `scripts/sanitize.sh` therefore builds with this flag, and with locks that it knows.
#if HELIOGRAPH_THREAD_SANITIZER
    import Foundation

    final class Mutex<Value>: @unchecked Sendable {
        private let lock = NSLock()
        private var value: Value

        init(_ value: sending Value) { self.value = value }

        func withLock<R, E: Error>(_ body: (inout sending Value) throws(E) -> sending R) throws(E) -> sending R {
            lock.lock()
            defer { lock.unlock() }
            return try body(&value)
        }

        func withLockIfAvailable<R, E: Error>(
            _ body: (inout sending Value) throws(E) -> sending R
        ) throws(E) -> sending R? {
            guard lock.try() else { return nil }
            defer { lock.unlock() }
            return try body(&value)
        }
    }
#endif
