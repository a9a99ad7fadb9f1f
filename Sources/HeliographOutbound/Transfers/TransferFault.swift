/// What libcurl cannot do, which has nothing to do with the server: it has no memory left, or does not know an option.
struct TransferFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// - Parameter text: What libcurl calls the error.
    init(_ text: UnsafePointer<CChar>?) { description = text.map { String(cString: $0) } ?? "unknown error" }
}
