import Foundation
public import Logging
import Synchronization

/// Standard output and standard error.
public enum Terminal {
    private struct State {
        var name = "heliograph"
        var isVerbose = false
        var onBrokenOutput: (@Sendable () -> Void)?
    }

    private static let state = Mutex(State())

    /// The program's name, which stands before what it complains of.
    public static var name: String {
        get { state.withLock { $0.name } }
        set { state.withLock { $0.name = newValue } }
    }

    /// Whether errors come with all that is known about them.
    public static var isVerbose: Bool { state.withLock { $0.isVerbose } }

    /// Has errors come with all that is known about them, and logs with more.
    public static func beVerbose() { state.withLock { $0.isVerbose = true } }

    /// Whether a person reads standard output, who likes colours.
    public static let hasColours =
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty

    /// One line on standard output, at once. A reader that has gone away ends the command: as a closed pipe ends others, or in
    /// order, where there is something to clean up.
    public static func say(_ line: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
        } catch {
            guard let leave = state.withLock({ $0.onBrokenOutput }) else { exit(.failed) }
            leave()
        }
    }

    /// Has a reader that has gone away told, instead of ending the process.
    static func onBrokenOutput(_ leave: @escaping @Sendable () -> Void) {
        signal(SIGPIPE, SIG_IGN)
        state.withLock { $0.onBrokenOutput = leave }
    }

    /// One line on standard error.
    public static func complain(_ line: String) {
        let text = line.split(whereSeparator: \.isNewline).joined(separator: " ")
        try? FileHandle.standardError.write(contentsOf: Data("\(name): \(text)\n".utf8))
    }

    /// Ends the process.
    public static func exit(_ status: ExitStatus) -> Never { Foundation.exit(status.rawValue) }

    /// A text in one of the terminal's colours (SGR code), where there are any.
    public static func colour(_ text: String, _ code: Int) -> String {
        hasColours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// Logs to standard error; silent but for warnings unless the command is verbose.
    public static func logger(_ label: String, level: Logger.Level = .warning) -> Logger {
        var logger = Logger(label: label) { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = isVerbose ? .debug : level
        return logger
    }

    /// A table with aligned columns. Columns whose cells are all numbers stand to the right.
    public static func table(_ rows: [[String]]) -> [String] {
        guard let header = rows.first else { return [] }
        let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let isNumber = header.indices.map { column in
            rows.count > 1 && rows.dropFirst().allSatisfy { Double($0[column]) != nil }
        }
        return rows.map { row in
            row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return isNumber[column] ? space + row[column] : row[column] + space
            }
            .joined(separator: "  ")
            .replacing(#/\s+$/#, with: "")
        }
    }
}
