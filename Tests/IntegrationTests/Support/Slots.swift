import Foundation

/// So many tests with a server at a time: all of them at once would only wait for each other, and run into their time limits.
actor Slots {
    static let shared = Slots(count: 2 * ProcessInfo.processInfo.activeProcessorCount + 2)

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    private init(count: Int) { free = count }

    /// Runs `body` when it is its turn. Never inside of another one: all slots could be held by those who wait for a second.
    nonisolated func with<R>(_ body: () async throws -> R) async throws -> R {
        await take()
        do {
            let result = try await body()
            await giveBack()
            return result
        } catch {
            await giveBack()
            throw error
        }
    }

    private func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    private func giveBack() {
        if waiting.isEmpty {
            free += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}
