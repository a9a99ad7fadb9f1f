import CLibPQ
import Logging

/// Owns a `PGconn` in non-blocking mode. Not thread-safe: it belongs to one ``Connection``.
final class Link {
    private(set) var raw: OpaquePointer?
    private let notices: NoticeSink
    let descriptor: Int32

    /// Connects, blocking the calling thread for as long as libpq takes.
    static func connect(keywords: [(String, String)], logger: Logger) throws(PostgresError) -> Link {
        let names = keywords.map(\.0)
        let values = keywords.map(\.1)
        let raw = withCStrings(names) { names in
            withCStrings(values) { values in PQconnectdbParams(names, values, 1) }
        }
        guard let raw else { throw PostgresError(.connectionFailed, "libpq has no memory for a connection") }
        guard PQstatus(raw) == CONNECTION_OK else {
            defer { PQfinish(raw) }
            throw PostgresError(.connectionFailed, String(cString: PQerrorMessage(raw)))
        }
        guard PQsetnonblocking(raw, 1) == 0 else {
            defer { PQfinish(raw) }
            throw PostgresError(.connectionFailed, "libpq cannot use the socket without blocking")
        }
        // What libpq says in its own words must not quote rows: errors are read field by field.
        _ = PQsetErrorVerbosity(raw, PQERRORS_TERSE)
        _ = PQsetErrorContextVisibility(raw, PQSHOW_CONTEXT_NEVER)
        return Link(raw: raw, logger: logger)
    }

    private init(raw: OpaquePointer, logger: Logger) {
        self.raw = raw
        descriptor = PQsocket(raw)
        notices = NoticeSink(logger: logger)
        // The sink outlives the connection: it is released after PQfinish.
        PQsetNoticeReceiver(
            raw,
            { sink, result in
                guard let sink else { return }
                Unmanaged<NoticeSink>.fromOpaque(sink).takeUnretainedValue().receive(ResultStorage.Notice(result))
            },
            Unmanaged.passUnretained(notices).toOpaque()
        )
    }

    deinit { finish() }

    /// Says goodbye to the server and closes the socket.
    func finish() {
        guard let raw else { return }
        self.raw = nil
        PQfinish(raw)
    }

    /// A session that the server has ended between two statements has said so in a notice, maybe long before its socket closes.
    var isOpen: Bool { raw != nil && PQstatus(raw) == CONNECTION_OK && notices.lastWords == nil }
    var isIdle: Bool { PQtransactionStatus(raw) == PQTRANS_IDLE }
    var isInTransaction: Bool { PQtransactionStatus(raw) == PQTRANS_INTRANS }
    var isInFailedTransaction: Bool { PQtransactionStatus(raw) == PQTRANS_INERROR }
    var backendProcessID: Int32 { PQbackendPID(raw) }
    var serverVersion: Int { Int(PQserverVersion(raw)) }
    var isBusy: Bool { PQisBusy(raw) == 1 }
    var errorMessage: String { raw.map { String(cString: PQerrorMessage($0)) } ?? "the connection is closed" }

    /// The means to cancel from another thread; `nil` on a closed connection.
    func makeCancelHandle(socket: SocketHandle) -> CancelHandle? {
        CancelHandle(connection: raw, socket: socket)
    }

    func lost() -> PostgresError {
        guard let words = notices.lastWords else { return PostgresError(.connectionLost, errorMessage) }
        return PostgresError(.connectionLost, words.message, sqlState: words.sqlState)
    }

    /// Sends one statement with its values in the extended protocol; results come in binary.
    func send(_ statement: SQL) throws(PostgresError) {
        let sent = statement.withParameters { count, types, values, lengths, formats in
            statement.text.withCString { PQsendQueryParams(raw, $0, count, types, values, lengths, formats, 1) }
        }
        if sent == 0 { throw failure() }
    }

    /// Has the server keep a statement under a name. In a pipeline only, where it costs no round trip of its own.
    func sendPrepare(_ statement: SQL, as name: String) throws(PostgresError) {
        let sent = statement.withParameters { count, types, _, _, _ in
            statement.text.withCString { PQsendPrepare(raw, name, $0, count, types) }
        }
        if sent == 0 { throw failure() }
    }

    /// Sends the values for a statement that the server has under a name.
    func send(_ statement: SQL, prepared name: String) throws(PostgresError) {
        let sent = statement.withParameters { count, _, values, lengths, formats in
            name.withCString { PQsendQueryPrepared(raw, $0, count, values, lengths, formats, 1) }
        }
        if sent == 0 { throw failure() }
    }

    /// Sends a script of several statements in the simple protocol; results come as text.
    func sendScript(_ text: String) throws(PostgresError) {
        if PQsendQuery(raw, text) == 0 { throw failure() }
    }

    func enterPipeline() throws(PostgresError) {
        if PQenterPipelineMode(raw) == 0 { throw failure() }
    }

    func exitPipeline() throws(PostgresError) {
        if PQexitPipelineMode(raw) == 0 { throw failure() }
    }

    func sendSync() throws(PostgresError) {
        if PQpipelineSync(raw) == 0 { throw failure() }
    }

    /// Sends what is buffered.
    /// - Returns: whether bytes are left that the socket does not take yet.
    func flush() throws(PostgresError) -> Bool {
        let outcome = PQflush(raw)
        if outcome < 0 { throw lost() }
        return outcome == 1
    }

    /// Reads what the socket holds, and what the TLS library holds back: no readiness of the socket would tell of that.
    func consume() throws(PostgresError) {
        repeat {
            if PQconsumeInput(raw) == 0 { throw lost() }
        } while TLS.hasPending(raw)
    }

    /// The next result that has arrived; `nil` at the end of a statement's results.
    func nextResult() -> ResultStorage? { PQgetResult(raw).map { ResultStorage(taking: $0) } }

    /// The next result that has arrived, in the object of the one before, unless somebody still holds that: an object a row is
    /// much for results of one row.
    /// - Returns: whether there was one.
    func nextResult(into storage: inout ResultStorage?) -> Bool {
        guard let result = PQgetResult(raw) else { return false }
        if isKnownUniquelyReferenced(&storage) {
            storage?.replace(with: result)
        } else {
            storage = ResultStorage(taking: result)
        }
        return true
    }

    /// The next notification that has been read from the socket.
    func nextNotification() -> Notification? {
        guard let pointer = PQnotifies(raw) else { return nil }
        defer { PQfreemem(pointer) }
        let value = pointer.pointee
        return Notification(
            channel: value.relname.map { String(cString: $0) } ?? "",
            payload: value.extra.map { String(cString: $0) } ?? "",
            backendProcessID: value.be_pid
        )
    }

    /// libpq refused a call: because the connection is gone, or because the call does not fit the state.
    func failure() -> PostgresError {
        isOpen ? PostgresError(.invalidUse, errorMessage) : lost()
    }
}

/// Calls `body` with a NULL-terminated array of C strings.
private func withCStrings<R>(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R) -> R {
    var offsets: [Int] = []
    var bytes: [CChar] = []
    for string in strings {
        offsets.append(bytes.count)
        bytes += string.utf8CString
    }
    return bytes.withUnsafeBufferPointer { bytes in
        var pointers: [UnsafePointer<CChar>?] = offsets.map { offset in bytes.baseAddress.map { $0 + offset } }
        pointers.append(nil)
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
