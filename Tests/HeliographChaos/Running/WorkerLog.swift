import Foundation
import Synchronization

/// What workers have written: the last lines, and all of it in a file where one is wanted.
final class WorkerLog: Sendable {
    private struct State {
        var lines: [String] = []
        var missing: [String]
    }

    private let state: Mutex<State>
    private let file: FileHandle?

    private static let kept = 400

    /// - Parameter evidence: texts that are looked for.
    init(name: String, folder: String?, evidence: [String]) {
        state = Mutex(State(missing: evidence))
        guard let folder else {
            file = nil
            return
        }
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = "\(folder)/\(name).log"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        file = FileHandle(forWritingAtPath: path)
    }

    /// Of the texts that are looked for, those that nobody has written yet.
    var missing: [String] { state.withLock { $0.missing } }

    var lastLines: [String] { state.withLock { $0.lines } }

    func note(_ name: String, _ line: String) {
        state.withLock { state in
            if !state.missing.isEmpty { state.missing.removeAll { line.contains($0) } }
            state.lines.append("\(name): \(line)")
            if state.lines.count > 2 * Self.kept { state.lines.removeFirst(Self.kept) }
            try? file?.write(contentsOf: Data("\(name): \(line)\n".utf8))
        }
    }
}
