import NIOCore
import Synchronization

@testable import HeliographOutbound

/// A resolver that gives one answer after the other, the last one for ever.
final class TestResolver: HostResolver {
    private let answers: [[SocketAddress]]
    private let asked = Mutex<[String]>([])

    init(_ answers: [SocketAddress]...) { self.answers = answers }

    /// The hosts it was asked for.
    var hosts: [String] { asked.withLock { $0 } }

    func addresses(of host: String, port: Int) async throws -> [SocketAddress] {
        let index = asked.withLock { hosts in
            hosts.append(host)
            return hosts.count - 1
        }
        return answers[min(index, answers.count - 1)]
    }
}
