/// Rows as they come from the server, which waits while nobody asks for more.
///
/// It can be read once, inside the closure of ``Connection/stream(_:rowsPerChunk:file:line:_:)``.
public struct RowStream: AsyncSequence, Sendable {
    public typealias Element = Row

    let connection: Connection
    let section: Int
    let limit: Int

    public func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let stream: RowStream
        private var rows: [Row] = []
        private var place = 0

        init(stream: RowStream) { self.stream = stream }

        /// - Throws: ``PostgresError``; `CancellationError`.
        public mutating func next() async throws -> Row? {
            if place == rows.count {
                guard let chunk = try await stream.connection.nextRows(stream.section, limit: stream.limit) else {
                    return nil
                }
                rows = chunk
                place = 0
            }
            defer { place += 1 }
            return rows[place]
        }
    }
}
