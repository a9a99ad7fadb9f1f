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
