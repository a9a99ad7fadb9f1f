/// A statement in the form libpq takes.
struct RenderedStatement: Sendable {
    /// The protocol counts parameters in 16 bits.
    static let maximumParameters = 65_535

    let text: String
    private let types: [UInt32]
    private let formats: [Int32]
    private let lengths: [Int32]
    /// Where in `bytes` each value starts; -1 for NULL.
    private let offsets: [Int]
    private let bytes: [UInt8]

    init(_ sql: SQL) throws(PostgresError) {
        var types: [UInt32] = []
        var formats: [Int32] = []
        var lengths: [Int32] = []
        var offsets: [Int] = []
        var bytes: [UInt8] = []
        for case .value(let bind) in sql.fragments {
            types.append(bind.type.rawValue)
            switch bind.content {
            case .null:
                formats.append(1)
                lengths.append(0)
                offsets.append(-1)
            case .binary(let value):
                formats.append(1)
                lengths.append(Int32(clamping: value.count))
                offsets.append(bytes.count)
                bytes += value
                bytes.append(0)
            case .text(let value):
                formats.append(0)
                lengths.append(0)  // text ends at its NUL
                offsets.append(bytes.count)
                bytes += value.utf8
                bytes.append(0)
            case .invalid(let reason):
                throw PostgresError(.invalidValue, "parameter $\(types.count): \(reason)")
            }
        }
        guard types.count <= Self.maximumParameters else {
            throw PostgresError(
                .invalidValue,
                "\(types.count) parameters in one statement, PostgreSQL takes \(Self.maximumParameters): send an array instead"
            )
        }
        text = sql.text
        // The statement goes to libpq as a C string, which would end there.
        guard !text.utf8.contains(0) else {
            throw PostgresError(.invalidValue, "the statement's text contains the character NUL (U+0000)")
        }
        self.types = types
        self.formats = formats
        self.lengths = lengths
        self.offsets = offsets
        self.bytes = bytes
    }

    /// Calls `body` with the arrays in the form of `PQsendQueryParams`.
    func withParameters<R>(
        _ body: (
            Int32, UnsafePointer<UInt32>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?,
            UnsafePointer<Int32>?
        ) -> R
    ) -> R {
        bytes.withUnsafeBytes { bytes in
            let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = offsets.map { offset in offset < 0 ? nil : base.map { $0 + offset } }
            return body(Int32(types.count), types, values, lengths, formats)
        }
    }
}

extension SQL {
    func rendered() throws(PostgresError) -> RenderedStatement { try RenderedStatement(self) }
}
