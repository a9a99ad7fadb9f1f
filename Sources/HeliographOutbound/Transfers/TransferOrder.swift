/// What the loop's thread is asked to do.
enum TransferOrder: Sendable {
    case start(Transfer, TransferTicket, CheckedContinuation<TransferEnd, any Error>)
    case cancel(TransferTicket)
}
