/// The data of a COPY to this side, piece by piece as PostgreSQL sends it: a row each in text and CSV.
///
/// It can be read once, inside the closure of ``Connection/copyOut(_:file:line:_:)``.
public struct CopyOutStream: AsyncSequence, Sendable {
    public typealias Element = [UInt8]

    let connection: Connection
    let section: Int

    public func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let stream: CopyOutStream
        private var pieces: [[UInt8]] = []
        private var place = 0

        init(stream: CopyOutStream) { self.stream = stream }

        /// - Throws: ``PostgresError``; `CancellationError`.
        public mutating func next() async throws -> [UInt8]? {
            if place == pieces.count {
                guard let more = try await stream.connection.nextCopyData(stream.section) else { return nil }
                pieces = more
                place = 0
            }
            defer { place += 1 }
            return pieces[place]
        }
    }
}
