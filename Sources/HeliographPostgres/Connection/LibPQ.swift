#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Functions of newer versions of libpq, found at run time: what is built with the headers of one version runs with the
/// library of another.
enum LibPQ {
    private typealias SetChunkedRowsMode = @convention(c) (OpaquePointer?, Int32) -> Int32

    /// `PQsetChunkedRowsMode`, of libpq 17: fewer results than one a row.
    static let setChunkedRowsMode: (@Sendable (OpaquePointer?, Int32) -> Int32)? = {
        symbol("PQsetChunkedRowsMode").map { symbol in
            let function = unsafeBitCast(symbol, to: SetChunkedRowsMode.self)
            return { function($0, $1) }
        }
    }()

    /// Cancelling as libpq 17 does it: encrypted, where the connection is, and with its time-out.
    struct Cancellation: Sendable {
        let create: @Sendable (OpaquePointer?) -> OpaquePointer?
        let run: @Sendable (OpaquePointer?) -> Void
        let finish: @Sendable (OpaquePointer?) -> Void
    }

    private typealias CancelCreate = @convention(c) (OpaquePointer?) -> OpaquePointer?
    private typealias CancelBlocking = @convention(c) (OpaquePointer?) -> Int32
    private typealias CancelReset = @convention(c) (OpaquePointer?) -> Void

    /// `nil` before libpq 17.
    static let cancellation: Cancellation? = {
        guard let create = symbol("PQcancelCreate"), let blocking = symbol("PQcancelBlocking"),
            let reset = symbol("PQcancelReset"), let finish = symbol("PQcancelFinish")
        else { return nil }
        let makes = unsafeBitCast(create, to: CancelCreate.self)
        let runs = unsafeBitCast(blocking, to: CancelBlocking.self)
        let resets = unsafeBitCast(reset, to: CancelReset.self)
        let ends = unsafeBitCast(finish, to: CancelReset.self)
        return Cancellation(
            create: { makes($0) },
            run: { connection in
                _ = runs(connection)
                resets(connection)
            },
            finish: { ends($0) }
        )
    }()

    /// A function of any library that is loaded.
    static func symbol(_ name: String) -> UnsafeMutableRawPointer? {
        #if canImport(Darwin)
            let everywhere = UnsafeMutableRawPointer(bitPattern: -2)
        #else
            let everywhere: UnsafeMutableRawPointer? = nil
        #endif
        return dlsym(everywhere, name)
    }
}
