import CLibCurl
import Foundation
import NIOCore

/// One transfer on its way. Only the loop's thread touches it.
final class TransferRun {
    let easy: EasyHandle
    let ticket: TransferTicket
    let continuation: CheckedContinuation<TransferEnd, any Error>
    private let transfer: Transfer
    private var reader = AnswerReader()
    /// What kind of address was refused.
    private var refusal: String?
    /// Whether there is a connection, TLS included, and the request is being sent.
    private var hasBegun = false
    private let socket = TransferSocket()
    private let sockets: TransferSockets

    /// - Parameters:
    ///   - easy: Fresh, or reset.
    ///   - sockets: Those of the loop.
    init(
        _ transfer: Transfer, on easy: EasyHandle, _ sockets: TransferSockets, _ ticket: TransferTicket,
        _ continuation: CheckedContinuation<TransferEnd, any Error>
    ) {
        self.transfer = transfer
        self.easy = easy
        self.sockets = sockets
        self.ticket = ticket
        self.continuation = continuation
    }

    /// Tells libcurl what to do. Until the handle is reset, this object has to live.
    func prepare() throws(TransferFault) {
        try easy.collectMessage()
        // No signals for time-outs, which would hit some thread of the program.
        try easy.set(CURLOPT_NOSIGNAL, 1)
        try prepareWay()
        try prepareTLS()
        try prepareCallbacks()
        // As it is written: libcurl would take dots out of a path.
        try easy.set(CURLOPT_REQUEST_TARGET, transfer.url.target)
        try easy.setHeaders(transfer.headers)
        try easy.setBody(transfer.body)
        let left = transfer.deadline - ContinuousClock.now
        try easy.set(CURLOPT_TIMEOUT_MS, left.wholeMilliseconds)
        try easy.set(CURLOPT_CONNECTTIMEOUT_MS, min(left, transfer.connectTimeout).wholeMilliseconds)
    }

    private func prepareWay() throws(TransferFault) {
        try easy.allowOnlyHTTP()
        try easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try easy.set(CURLOPT_FOLLOWLOCATION, 0)
        // Not what `http_proxy` says: a proxy would connect to addresses that nobody has checked.
        try easy.set(CURLOPT_PROXY, "")
        try easy.set(CURLOPT_URL, transfer.url.connection)
        // Whatever the URL names, the address that was checked. Connections that stay open are told apart by it.
        let isShareable = try easy.setTarget(transfer.address)
        if transfer.wantsNewConnection || !isShareable { try easy.set(CURLOPT_FRESH_CONNECT, 1) }
        if !isShareable { try easy.set(CURLOPT_FORBID_REUSE, 1) }
    }

    private func prepareTLS() throws(TransferFault) {
        try easy.set(CURLOPT_SSL_VERIFYPEER, 1)
        // Not only that there is a name in the certificate: that it is the URL's.
        try easy.set(CURLOPT_SSL_VERIFYHOST, 2)
        try easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        guard case .file(let path) = transfer.trust else { return }
        try easy.set(CURLOPT_CAINFO, path)
        try easy.set(CURLOPT_CAPATH, nil)
    }

    private func prepareCallbacks() throws(TransferFault) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try easy.set(CURLOPT_HEADERDATA, context)
        try easy.set(CURLOPT_HEADERFUNCTION) { data, size, count, context in
            guard let data, let run = TransferRun.of(context) else { return 0 }
            let line = UnsafeRawBufferPointer(start: data, count: size * count)
            return run.reader.readHeadLine(line) ? line.count : 0
        }
        try easy.set(CURLOPT_WRITEDATA, context)
        try easy.set(CURLOPT_WRITEFUNCTION) { data, size, count, context in
            guard let data, let run = TransferRun.of(context) else { return 0 }
            let part = UnsafeRawBufferPointer(start: data, count: size * count)
            return run.reader.readBody(part) ? part.count : 0
        }
        try easy.set(CURLOPT_OPENSOCKETDATA, context)
        try easy.set(CURLOPT_OPENSOCKETFUNCTION) { context, _, address in
            guard let address, let run = TransferRun.of(context) else { return CURL_SOCKET_BAD }
            return run.openSocket(to: address)
        }
        try easy.set(CURLOPT_PREREQDATA, context)
        try easy.set(CURLOPT_PREREQFUNCTION) { context, host, _, port, _ in
            guard let host, let run = TransferRun.of(context) else { return CURL_PREREQFUNC_ABORT }
            return run.begin(at: String(cString: host), Int(port)) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
        try sockets.watch(easy)
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> TransferRun? {
        context.map { Unmanaged<TransferRun>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Whatever was looked up, checked and told to libcurl before, this is what it connects to.
    private func openSocket(to target: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let address = heliograph_curl_address(target).flatMap { SocketAddress($0) }
        return isAllowed(address) ? sockets.open(to: target, for: socket) : CURL_SOCKET_BAD
    }

    /// And this is what it is connected to, on a connection that was left open as well.
    private func begin(at host: String, _ port: Int) -> Bool {
        hasBegun = isAllowed(try? SocketAddress(ipAddress: host, port: port))
        return hasBegun
    }

    private func isAllowed(_ address: SocketAddress?) -> Bool {
        refusal = address.map { transfer.policy.refusal($0) } ?? "no address of the internet"
        return refusal == nil
    }

    /// What came of it.
    ///
    /// - Parameter code: What libcurl says. The handle has not been reset.
    func end(_ code: CURLcode) -> TransferEnd {
        TransferEnd(
            answer: reader.answer, phase: phase(code), cause: cause(code),
            detail: systemMessage(code) ?? easy.message(for: code),
            wasStale: code == CURLE_SEND_ERROR && reader.headBytes == 0 && easy.long(CURLINFO_NUM_CONNECTS) == 0)
    }

    private func phase(_ code: CURLcode) -> TransferEnd.Phase {
        if hasBegun { return .asking }
        guard transfer.url.isSecure else { return .connecting }
        return switch code {
        case CURLE_COULDNT_CONNECT: .connecting
        case CURLE_OPERATION_TIMEDOUT: socket.isConnected ? .securing : .connecting
        default: .securing
        }
    }

    private func cause(_ code: CURLcode) -> TransferEnd.Cause {
        if let refusal { return .refused(refusal) }
        if reader.headBytes > AnswerReader.headLimit { return .overlong }
        return code == CURLE_OPERATION_TIMEDOUT ? .late : .other
    }

    /// Why there is no connection. libcurl keeps the number of an earlier transfer where this one has none.
    private func systemMessage(_ code: CURLcode) -> String? {
        guard code == CURLE_COULDNT_CONNECT else { return nil }
        let number = socket.error ?? Int32(clamping: easy.long(CURLINFO_OS_ERRNO))
        return number == 0 ? nil : String(cString: strerror(number))
    }
}
