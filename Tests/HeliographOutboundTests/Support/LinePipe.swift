import Foundation

/// The standard error of a command, to wait for a line of.
final class LinePipe: Sendable {
    let writer: FileHandle
    /// The lines as they come.
    let lines: AsyncStream<String>
    private let reader: FileHandle

    init() {
        let pipe = Pipe()
        writer = pipe.fileHandleForWriting
        reader = pipe.fileHandleForReading
        let (lines, feed) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        reader.readabilityHandler = { handle in
            for line in String(decoding: handle.availableData, as: UTF8.self).split(separator: "\n") {
                feed.yield(String(line))
            }
        }
    }

    deinit { reader.readabilityHandler = nil }

    /// Waits for a line.
    func wait(for wanted: String) async {
        for await line in lines where line == wanted { return }
    }
}
