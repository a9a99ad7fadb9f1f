import Synchronization

/// The lines that a program has written, and who waits for one.
final class ProgramOutput: Sendable {
    private struct Waiter {
        let id: Int
        let isWanted: @Sendable (String) -> Bool
        let continuation: CheckedContinuation<String, any Error>
    }

    private struct State {
        var lines: [String] = []
        var partial: [UInt8] = []
        var isOver = false
        var waiters: [Waiter] = []
        var nextID = 0
    }

    private let state = Mutex(State())
    private let onLine: (@Sendable (String) -> Void)?

    init(onLine: (@Sendable (String) -> Void)?) { self.onLine = onLine }

    var lines: [String] { state.withLock { $0.lines } }

    func append(_ bytes: some Sequence<UInt8>) {
        var complete: [String] = []
        let served = state.withLock { state in
            for byte in bytes {
                if byte == UInt8(ascii: "\n") {
                    complete.append(String(decoding: state.partial, as: UTF8.self))
                    state.partial = []
                } else {
                    state.partial.append(byte)
                }
            }
            state.lines += complete
            return Self.serve(&state, complete)
        }
        for (waiter, line) in served { waiter.continuation.resume(returning: line) }
        if let onLine { complete.forEach(onLine) }
    }

    /// The program has ended: nothing more will come.
    func finish() {
        let (left, error) = state.withLock { state in
            state.isOver = true
            defer { state.waiters = [] }
            return (state.waiters, Self.ended(state))
        }
        for waiter in left { waiter.continuation.resume(throwing: error) }
    }

    /// The first line that is wanted, of those that came and those to come.
    func line(where isWanted: @escaping @Sendable (String) -> Bool) async throws -> String {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<String, any Error>? = state.withLock { state in
                    if let line = state.lines.first(where: isWanted) { return .success(line) }
                    if state.isOver { return .failure(Self.ended(state)) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiters.append(Waiter(id: id, isWanted: isWanted, continuation: continuation))
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Waits until nothing more will come.
    func ended() async throws {
        do {
            _ = try await line { _ in false }
        } catch is RunningProgramError {}
    }

    private static func serve(_ state: inout State, _ lines: [String]) -> [(Waiter, String)] {
        var served: [(Waiter, String)] = []
        state.waiters.removeAll { waiter in
            guard let line = lines.first(where: waiter.isWanted) else { return false }
            served.append((waiter, line))
            return true
        }
        return served
    }

    private static func ended(_ state: State) -> RunningProgramError {
        let last = state.lines.suffix(3).joined(separator: " / ")
        return RunningProgramError("the program ended without saying what was waited for; its last words: \(last)")
    }
}
