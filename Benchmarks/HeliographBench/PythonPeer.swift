import Foundation

/// A library for Python in a process of its own, which does one round of work at a time.
final class PythonPeer {
    struct Answer: Decodable {
        let seconds: Double
        let cpu: Double
    }

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    /// The peer of `HELIOGRAPH_BENCH_PYTHON`, a Python with the library, and `HELIOGRAPH_BENCH_PEER`, its program; `nil` without.
    /// - Parameter other: another program beside that one.
    static func find(target: String, program other: String? = nil) throws -> PythonPeer? {
        let environment = ProcessInfo.processInfo.environment
        guard let python = environment["HELIOGRAPH_BENCH_PYTHON"], let program = environment["HELIOGRAPH_BENCH_PEER"]
        else {
            return nil
        }
        let peer = PythonPeer()
        peer.process.executableURL = URL(fileURLWithPath: python)
        let folder = URL(fileURLWithPath: program).deletingLastPathComponent()
        peer.process.arguments = [other.map { folder.appendingPathComponent($0).path } ?? program, target]
        peer.process.standardInput = peer.input
        peer.process.standardOutput = peer.output
        try peer.process.run()
        return peer
    }

    func run(_ operation: String, _ count: Int) throws -> Answer {
        try input.fileHandleForWriting.write(contentsOf: Data("\(operation) \(count)\n".utf8))
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty {
            if byte.first == UInt8(ascii: "\n") { return try JSONDecoder().decode(Answer.self, from: line) }
            line += byte
        }
        throw PeerMissing()
    }

    func end() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

/// Something that is measured beside Heliograph is not here.
struct PeerMissing: Error, CustomStringConvertible {
    var name = "psycopg"

    var description: String { "\(name) did not answer: run this through `make bench`, which installs it" }
}
