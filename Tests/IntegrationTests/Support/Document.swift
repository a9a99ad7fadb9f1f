import Foundation

/// The statements of a page of the documentation, so that a test can run what it tells people to run.
struct Document {
    private let text: String

    /// - Parameter name: in `docs/`.
    init(_ name: String) throws {
        let folder = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        text = try String(contentsOf: folder.appendingPathComponent("docs/\(name)"), encoding: .utf8)
    }

    struct NoSample: Error {
        let mark: String
    }

    /// The sample behind a line `<!-- mark -->`.
    func sample(_ mark: String) throws -> String {
        guard let start = text.range(of: "<!-- \(mark) -->\n```sql\n"),
            let end = text[start.upperBound...].range(of: "```")
        else { throw NoSample(mark: mark) }
        return String(text[start.upperBound..<end.lowerBound])
    }
}
