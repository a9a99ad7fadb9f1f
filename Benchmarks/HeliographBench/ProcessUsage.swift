import Foundation

/// What processes have used, by Linux's `/proc`.
enum ProcessUsage {
    /// Whether it can be known here.
    static var isKnown: Bool { FileManager.default.isReadableFile(atPath: "/proc/self/stat") }

    /// CPU seconds of a process, all its threads.
    static func cpu(of process: Int32) throws -> Double { try Times(of: process).own }

    /// CPU seconds of a process and of all that it has started, those that have ended included.
    static func cpu(ofTree root: Int32) throws -> Double {
        // It first: what ends meanwhile is missed and not counted twice.
        let first = try Times(of: root)
        let others = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }
            .compactMap { process in (try? Times(of: process)).map { (process, $0) } }
        let children = Dictionary(grouping: others, by: \.1.parent)
        func sum(_ process: Int32, _ times: Times) -> Double {
            times.own + times.ended + (children[process] ?? []).reduce(0) { $0 + sum($1.0, $1.1) }
        }
        return sum(root, first)
    }

    /// The most that was ever resident of a process, in MB.
    static func peakMegabytes(of process: Int32) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Double($0) })
        else { throw WrongAnswer() }
        return kilobytes / 1024
    }

    private struct Times {
        let parent: Int32
        let own: Double
        /// Of its children that have ended.
        let ended: Double

        init(of process: Int32) throws {
            let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            // The name before may hold spaces and parentheses.
            let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ").dropFirst()
                .map { Double($0) ?? 0 }
            guard fields.count > 14 else { throw WrongAnswer() }
            let tick = Double(sysconf(Int32(_SC_CLK_TCK)))
            parent = Int32(fields[1])
            own = (fields[11] + fields[12]) / tick
            ended = (fields[13] + fields[14]) / tick
        }
    }
}
