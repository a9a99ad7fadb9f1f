import Foundation

/// A file for the output of a command.
final class Scratch: Sendable {
    let handle: FileHandle
    let path: String

    init() throws {
        var path = Array("\(NSTemporaryDirectory())/outbound-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0 else { throw POSIXError(.EIO) }
        // Commands that run at once do not write over each other.
        _ = fcntl(descriptor, F_SETFL, O_APPEND)
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        self.path = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { unlink(path) }

    var data: Data { get throws { try Data(contentsOf: URL(fileURLWithPath: path)) } }
    var text: String { get throws { String(decoding: try data, as: UTF8.self) } }
    /// The numbers that were written, one a line.
    var numbers: [Int32] { get throws { try text.split(separator: "\n").compactMap { Int32($0) } } }
}
