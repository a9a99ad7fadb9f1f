/// A time in which one user has a connection to itself over several calls: it streams rows, or copies.
struct Section: Sendable {
    /// Which section of the connection it is, so that what outlives it is told apart.
    let number: Int
    /// Whether it stands in a transaction that was begun before.
    let isInTransaction: Bool
    var isFinished = false
    /// The statement's error, which is thrown once.
    var failure: PostgresError?
}

extension Connection {
    /// The connection whose section this task is in, to tell a deadlock before it happens.
    @TaskLocal static var sectionOwner: ObjectIdentifier?

    /// Waits for its turn and sends a statement, with the task's cancellation passed on to the server.
    func openSection(_ send: () throws -> Void) async throws -> Int {
        try await enter()
        do {
            guard link.isOpen else { throw link.lost() }
            try Task.checkCancellation()
            canceller.begin(isShielded: false)
            sectionCount += 1
            section = Section(number: sectionCount, isInTransaction: !link.isIdle)
            try await cancellable {
                try send()
                try await flush()
            }
            return sectionCount
        } catch {
            await closeSection(sectionCount)
            throw error
        }
    }

    /// Takes the rest of the statement's results and lets the next user in.
    ///
    /// Outside a transaction a statement that has not ended is cancelled; in one it is read to its end, since a cancellation
    /// would end the transaction as well.
    func closeSection(_ number: Int) async {
        guard let open = section, open.number == number else {
            leave()
            return
        }
        if !open.isFinished, link.isOpen {
            if Task.isCancelled || !open.isInTransaction { canceller.cancel() }
            do { try await discardResults() } catch { close() }
        }
        section = nil
        if !link.isOpen { canceller.answered() }
        await canceller.settle()
        leave()
    }

    /// Runs a step of the open section.
    func inSection<R: Sendable>(_ number: Int, _ step: () async throws -> R) async throws -> R {
        guard section?.number == number else {
            throw PostgresError(.invalidUse, "the rows can only be read inside the closure that they were handed to")
        }
        do {
            return try await cancellable(step)
        } catch {
            if let error = error as? PostgresError, error.sqlState == .queryCanceled, Task.isCancelled {
                throw CancellationError()
            }
            if Task.isCancelled, !link.isOpen { throw CancellationError() }
            throw error
        }
    }

    private func cancellable<R: Sendable>(_ step: () async throws -> R) async throws -> R {
        let canceller = canceller
        return try await withTaskCancellationHandler(operation: step) { canceller.cancel() }
    }
}
