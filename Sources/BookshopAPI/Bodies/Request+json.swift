import HTTPTypes
import Heliograph
import Hummingbird
import NIOCore

extension Request {
    /// The most a body may have, in bytes.
    private static let bodyLimit = 1 << 20

    /// The members of the JSON object in the body.
    /// - Throws: ``Problem`` when the body is too large, claims to be something else, or is not what it claims.
    func fields() async throws -> FieldReader {
        if let type = headers[.contentType], !Self.isJSON(type) {
            throw Problem(.unsupportedMediaType, "the body is of type \(type): send application/json")
        }
        let buffer: ByteBuffer
        do {
            buffer = try await body.collect(upTo: Self.bodyLimit)
        } catch is NIOTooManyBytesError {
            throw Problem(.contentTooLarge, "the body has more than \(Self.bodyLimit) bytes")
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw Problem(.badRequest, "the body ends before its end")
        }
        guard let text = String(validating: buffer.readableBytesView, as: UTF8.self) else {
            throw Problem(.badRequest, "the body is not UTF-8")
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: text)
        } catch {
            throw Problem(.badRequest, "the body is \(error)")
        }
        guard case .object(let members) = value else { throw Problem(.badRequest, "the body is not a JSON object") }
        return FieldReader(members)
    }

    private static func isJSON(_ contentType: String) -> Bool {
        let type = contentType.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
        return type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json"))
    }
}
