import Foundation
import NIOCore
import NIOPosix

/// A command's standard input: a pipe that is being filled.
///
/// Not Subprocess's own: a command that ends before it has read all would have this program ended by SIGPIPE. Not a
/// file: `cat` copies from file to file past the lock of the place to write to, and commands that run at once and write
/// to one file would lose output.
struct CommandInput: Sendable {
    /// Where the command reads.
    let descriptor: Int32
    private let channel: any Channel

    /// Starts to write.
    ///
    /// - Parameter bytes: All that the command can read.
    /// - Throws: An error of the system.
    static func open(_ bytes: [UInt8]) async throws -> CommandInput {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EMFILE) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let channel: any Channel
        do {
            channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .takingOwnershipOfDescriptor(output: ends[1]).get()
        } catch {
            for end in ends { close(end) }
            throw error
        }
        // A command that does not read it all, so that this fails, does not have to.
        channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenComplete { _ in channel.close(promise: nil) }
        return CommandInput(descriptor: ends[0], channel: channel)
    }

    /// Nobody reads any longer.
    func end() {
        channel.close(promise: nil)
    }
}
