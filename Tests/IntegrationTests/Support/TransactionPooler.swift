import Foundation
import Synchronization

/// A pooler in transaction mode, as there are many: each client's transactions go to two sessions of the server in turn, and
/// notifications to nobody.
final class TransactionPooler: Sendable {
    /// Where clients connect to, on 127.0.0.1.
    let port: Int
    private let listener: Int32
    private let target: Int

    init(to target: Int) throws {
        self.target = target
        signal(SIGPIPE, SIG_IGN)
        (listener, port) = try Socket.listen()
        Thread.detachNewThread { [self] in
            while case let client = accept(listener, nil, nil), client >= 0 {
                Thread.detachNewThread { [self] in serve(Socket(client)) }
            }
            close(listener)
        }
    }

    func end() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ client: Socket) {
        defer { client.close() }
        guard var startup = client.packet(typed: false) else { return }
        // Requests for encryption; the start comes after the answer.
        while let code = startup.dropFirst(4).first, code == 4, startup.count == 8 {
            client.write([UInt8(ascii: "N")])
            guard let next = client.packet(typed: false) else { return }
            startup = next
        }
        let servers = [Socket.connect(to: target), Socket.connect(to: target)].compactMap { $0 }
        defer { for server in servers { server.close() } }
        guard servers.count == 2 else { return }
        for (index, server) in servers.enumerated() {
            server.write(startup)
            guard relay(from: server, to: index == 0 ? client : nil) != nil else { return }
        }
        var current = 0
        while let message = client.packet(typed: true), message.first != UInt8(ascii: "X") {
            servers[current].write(message)
            guard message.first == UInt8(ascii: "Q") || message.first == UInt8(ascii: "S") else { continue }
            guard let status = relay(from: servers[current], to: client) else { return }
            if status == UInt8(ascii: "I") { current = 1 - current }
        }
    }

    /// Passes on what a server says until it is ready for more.
    /// - Returns: its transaction's status; `nil` if it is gone.
    private func relay(from server: Socket, to client: Socket?) -> UInt8? {
        while let message = server.packet(typed: true) {
            // Notifications.
            if message.first == UInt8(ascii: "A") { continue }
            client?.write(message)
            if message.first == UInt8(ascii: "Z") { return message.last }
        }
        return nil
    }
}
