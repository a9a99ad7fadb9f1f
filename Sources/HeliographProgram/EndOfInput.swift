import Foundation
import ServiceLifecycle

/// Ends when standard input does.
struct EndOfInput: Service {
    func run() async throws {
        let (ended, feed) = AsyncStream.makeStream(of: Void.self)
        // A thread of its own: reading blocks, and nothing else waits here. It ends with the process.
        let thread = Thread {
            while let data = try? FileHandle.standardInput.read(upToCount: 4096), !data.isEmpty {}
            feed.finish()
        }
        thread.start()
        await cancelWhenGracefulShutdown {
            for await _ in ended {}
        }
    }
}
