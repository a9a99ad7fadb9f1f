/// Sends the data of a COPY to the server, inside the closure of ``Connection/copyIn(_:file:line:_:)``.
public struct CopyInWriter: Sendable {
    let connection: Connection
    let section: Int

    /// Sends bytes, in pieces of any size; waits while the server does not take more.
    /// - Throws: ``PostgresError`` when the server has refused what came before.
    public func write(_ bytes: some Sequence<UInt8> & Sendable) async throws {
        try await connection.putCopyData(section, Array(bytes))
    }

    /// Sends text, which must bring its own line ends.
    public func write(_ text: String) async throws { try await connection.putCopyData(section, Array(text.utf8)) }
}
