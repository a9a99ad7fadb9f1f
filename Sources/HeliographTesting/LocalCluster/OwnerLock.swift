import Foundation
import Synchronization

/// A file that is locked while its process lives.
///
/// `flock` and not `fcntl`: its locks belong to the open file, so that reading the file elsewhere in the process does
/// not release it, and they hold across containers that share the folder.
final class OwnerLock: Sendable {
    /// `nil` once released.
    private let descriptor: Mutex<Int32?>

    /// Creates and locks a file, and writes the process identifier into it; `nil` with `errno` set if that fails.
    init?(creating path: String) {
        let descriptor = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        let text = Array("\(getpid())\n".utf8)
        _ = text.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        self.descriptor = Mutex(descriptor)
    }

    /// Locks an existing file; `nil` if it is not there or its owner lives.
    init?(existing path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        release()
    }

    /// Gives the lock up. Calling it again does nothing.
    func release() {
        descriptor.withLock { descriptor in
            if let open = descriptor.take() { close(open) }
        }
    }
}
