import Foundation
import NIOCore
import Synchronization

/// An HTTPS server on a free port of loopback: OpenSSL's program, which says what it hears and is told what to answer.
///
/// It serves one connection after the other.
final class TLSServer: Sendable {
    private struct State {
        /// What it has said and nobody has made sense of.
        var text = ""
        var serverNames: [String] = []
        var requests: [String] = []
    }

    /// It did not start; what it said instead.
    struct Unavailable: Error, CustomStringConvertible {
        let description: String
    }

    private static let programs = [
        "/opt/homebrew/opt/openssl@3/bin/openssl", "/usr/local/opt/openssl@3/bin/openssl", "/usr/bin/openssl",
        "/usr/local/bin/openssl",
    ]

    private let reply: TestReply
    private let input = Pipe()
    private let output = Pipe()
    private let state = Mutex(State())
    private let ports: AsyncStream<Int>
    private let tellPort: AsyncStream<Int>.Continuation

    private init(reply: TestReply) {
        self.reply = reply
        (ports, tellPort) = AsyncStream.makeStream()
    }

    /// Which names were asked for, once a connection.
    var serverNames: [String] { state.withLock { $0.serverNames } }
    /// The heads and bodies that it was sent, each line ended by `\n`.
    var requests: [String] { state.withLock { $0.requests } }

    /// Runs a server for the time of `body`, which gets its address too.
    ///
    /// - Parameter reply: Its answer to each request. A client that is not told to close keeps its connection.
    static func run(
        _ certificate: TestCertificate, reply: TestReply = .status("200 OK", ["Connection: close"]),
        _ body: (TLSServer, SocketAddress) async throws -> Void
    ) async throws {
        let server = TLSServer(reply: reply)
        let process = Process()
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in end.finish() }
        guard let program = programs.first(where: { access($0, X_OK) == 0 }) else {
            throw Unavailable(description: "the program openssl is missing")
        }
        process.executableURL = URL(fileURLWithPath: program)
        // Only with a second certificate does it say which name was asked for.
        process.arguments = [
            "s_server", "-accept", "127.0.0.1:0", "-cert", certificate.path, "-key", certificate.keyPath,
            "-servername", "hook.test", "-cert2", certificate.path, "-key2", certificate.keyPath,
        ]
        process.standardInput = server.input
        process.standardOutput = server.output
        process.standardError = FileHandle.nullDevice
        server.output.fileHandleForReading.readabilityHandler = { server.hear($0.availableData) }
        try process.run()
        var result: Result<Void, any Error> = .failure(Unavailable(description: "openssl s_server ended"))
        for await port in server.ports {
            do {
                result = .success(try await body(server, try SocketAddress(ipAddress: "127.0.0.1", port: port)))
            } catch {
                result = .failure(error)
            }
            break
        }
        // SIGTERM would wait for ever: processes that tasks start inherit which signals their threads block.
        kill(process.processIdentifier, SIGKILL)
        for await _ in ends {}
        server.output.fileHandleForReading.readabilityHandler = nil
        try result.get()
    }

    private func hear(_ data: Data) {
        guard !data.isEmpty else { return tellPort.finish() }
        let answers = state.withLock { state in
            // Swift takes a line's end of two characters for one.
            state.text += String(decoding: data, as: UTF8.self).replacing("\r\n", with: "\n")
            let before = state.requests.count
            while let request = Self.takeRequest(from: &state) { state.requests.append(request) }
            return state.requests.count - before
        }
        for _ in 0..<answers { try? input.fileHandleForWriting.write(contentsOf: Data(reply.bytes.utf8)) }
        let port = state.withLock { $0.text.firstMatch(of: /ACCEPT 127\.0\.0\.1:(\d+)\n/)?.1 }
        if let port = port.flatMap({ Int($0) }) { tellPort.yield(port) }
    }

    /// Takes the first whole request out of the text, and what came before it.
    private static func takeRequest(from state: inout State) -> String? {
        guard let head = state.text.firstMatch(of: /POST .*\n(?:.+\n)*\n/),
            let length = head.output.firstMatch(of: /[Cc]ontent-[Ll]ength: (\d+)/).flatMap({ Int($0.1) }),
            state.text[head.range.upperBound...].utf8.count >= length
        else { return nil }
        let end = state.text.utf8.index(head.range.upperBound, offsetBy: length)
        let names = state.text[..<head.range.lowerBound].matches(of: /Hostname in TLS extension: "([^"]*)"/)
        state.serverNames += names.map { String($0.1) }
        let request = String(state.text[head.range.lowerBound..<end])
        state.text.removeSubrange(..<end)
        return request
    }
}
