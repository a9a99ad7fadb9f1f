import CLibCurl

/// Drives all transfers of a loop, on the loop's thread and nowhere else.
final class TransferEngine {
    /// Handles keep what they know of TLS sessions. More than these are not worth their memory.
    private static let spareLimit = 8
    /// libcurl ends the wait by itself for what it has to do at a time of its own.
    private static let longestWait = Duration.seconds(60)

    private let loop: TransferLoop
    private let multi: MultiHandle
    private var runs: [UnsafeMutableRawPointer: TransferRun] = [:]
    private var spares: [EasyHandle] = []
    private let sockets = TransferSockets()
    /// When the thread ends unless there is something to do.
    private var retirement: ContinuousClock.Instant

    init(_ loop: TransferLoop, _ multi: MultiHandle) {
        self.loop = loop
        self.multi = multi
        retirement = .now + loop.idleTime
    }

    /// Works until nothing has been left to do for some time.
    func run() {
        while true {
            var running: Int32 = 0
            var status = curl_multi_perform(multi.pointer, &running)
            finishEnded()
            // Right before the wait, and not before libcurl works: from 8.21 on it takes back then what should wake it.
            let orders = loop.takeOrders()
            for order in orders { carryOut(order) }
            let now = ContinuousClock.now
            if !runs.isEmpty {
                retirement = now + loop.idleTime
            } else if now >= retirement, loop.retire() {
                break
            }
            let wait = runs.isEmpty ? retirement - now : Self.longestWait
            if status == CURLM_OK, orders.isEmpty {
                status = curl_multi_poll(multi.pointer, nil, 0, Int32(clamping: wait.wholeMilliseconds), nil)
            }
            guard status == CURLM_OK else {
                giveUp(TransferFault(curl_multi_strerror(status)))
                break
            }
        }
        spares = []
        multi.free()
    }

    private func carryOut(_ order: TransferOrder) {
        switch order {
        case .start(let transfer, let ticket, let continuation):
            guard !ticket.isCancelled else { return continuation.resume(throwing: CancellationError()) }
            do throws(TransferFault) {
                try start(transfer, ticket, continuation)
            } catch {
                continuation.resume(throwing: OutboundFailure("the request cannot be prepared: \(error)"))
            }
        case .cancel(let ticket):
            guard let run = runs.values.first(where: { $0.ticket === ticket }) else { return }
            remove(run)
            run.continuation.resume(throwing: CancellationError())
        }
    }

    private func start(
        _ transfer: Transfer, _ ticket: TransferTicket, _ continuation: CheckedContinuation<TransferEnd, any Error>
    ) throws(TransferFault) {
        guard let easy = spares.popLast() ?? EasyHandle() else { throw EasyHandle.outOfMemory }
        let run = TransferRun(transfer, on: easy, sockets, ticket, continuation)
        do throws(TransferFault) {
            try run.prepare()
            let status = curl_multi_add_handle(multi.pointer, easy.pointer)
            guard status == CURLM_OK else {
                throw TransferFault(curl_multi_strerror(status))
            }
        } catch {
            recycle(easy)
            throw error
        }
        runs[easy.pointer] = run
        multi.keepConnections(besideThoseOf: runs.count)
    }

    private func finishEnded() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi.pointer, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle, let run = runs[easy]
            else { continue }
            let end = run.end(message.pointee.data.result)
            remove(run)
            run.continuation.resume(returning: end)
        }
    }

    /// Ends its transfer, if it has not ended, and with that its connection.
    private func remove(_ run: TransferRun) {
        // libcurl may still call the run back before the handle is reset.
        withExtendedLifetime(run) {
            runs[run.easy.pointer] = nil
            multi.keepConnections(besideThoseOf: runs.count)
            _ = curl_multi_remove_handle(multi.pointer, run.easy.pointer)
            recycle(run.easy)
        }
    }

    private func recycle(_ easy: EasyHandle) {
        easy.reset()
        if spares.count < Self.spareLimit { spares.append(easy) }
    }

    /// Leaves nobody waiting. The next transfer begins anew.
    private func giveUp(_ reason: TransferFault) {
        let failure = OutboundFailure("the requests under way were given up: \(reason)")
        // First of all: who hears of it and begins anew must not meet this thread again.
        let orders = loop.close()
        for run in Array(runs.values) {
            remove(run)
            run.continuation.resume(throwing: failure)
        }
        for case .start(_, _, let continuation) in orders { continuation.resume(throwing: failure) }
    }
}
