import NIOCore
import NIOHTTP1

/// What the server answered.
public struct BookshopAnswer: Sendable {
    /// The status: 200, 404, …
    public private(set) var status = 0
    /// The headers, their names in lower case.
    public private(set) var headers: [String: String] = [:]
    /// The body's text.
    public var body: String { String(buffer: bytes) }

    /// Kept as bytes until it is whole: a character may come in two parts.
    private var bytes = ByteBuffer()

    mutating func take(_ part: HTTPClientResponsePart) {
        switch part {
        case .head(let head):
            status = Int(head.status.code)
            for (name, value) in head.headers { headers[name.lowercased()] = value }
        case .body(var buffer): bytes.writeBuffer(&buffer)
        case .end: break
        }
    }

    /// Takes the first whole line off the body, without its end.
    mutating func takeLine() -> String? {
        guard let end = bytes.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = bytes.readString(length: end - bytes.readerIndex)
        bytes.moveReaderIndex(forwardBy: 1)
        bytes.discardReadBytes()
        return line
    }
}
