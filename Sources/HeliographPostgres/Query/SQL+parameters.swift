extension SQL {
    /// The protocol counts parameters in 16 bits.
    package static let maximumParameters = 65_535

    /// Refuses what cannot be sent, before anything is.
    func validate() throws(PostgresError) {
        guard valueCount <= Self.maximumParameters else {
            throw PostgresError(
                .invalidValue,
                "\(valueCount) parameters in one statement, PostgreSQL takes \(Self.maximumParameters): send an array instead"
            )
        }
        var number = 0
        for piece in pieces {
            switch piece {
            case .value(let bind):
                number += 1
                if case .invalid(let reason) = bind.content {
                    throw PostgresError(.invalidValue, "parameter $\(number): \(reason)")
                }
            case .text(let text):
                // The statement goes to libpq as a C string, which would end there.
                if text.containsNUL {
                    throw PostgresError(.invalidValue, "the statement's text contains the character NUL (U+0000)")
                }
            }
        }
    }

    /// Calls `body` with the values in the form of `PQsendQueryParams`: count, types, values, lengths, formats. All of it lies in
    /// one block of memory, on the stack if it is small.
    func withParameters<R>(
        _ body: (
            Int32, UnsafePointer<UInt32>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?,
            UnsafePointer<Int32>?
        ) -> R
    ) -> R {
        let count = valueCount
        if count == 0 { return body(0, nil, nil, nil, nil) }
        let pointers = count * MemoryLayout<UnsafePointer<CChar>?>.stride
        let words = count * MemoryLayout<Int32>.stride
        let head = pointers + 3 * words
        var size = head
        forEachValue { size += $1.byteCount }
        return withUnsafeTemporaryAllocation(
            byteCount: size, alignment: MemoryLayout<Int>.alignment
        ) { memory -> R in
            guard let base = memory.baseAddress else { return body(0, nil, nil, nil, nil) }
            let values = base.bindMemory(to: UnsafePointer<CChar>?.self, capacity: count)
            let types = (base + pointers).bindMemory(to: UInt32.self, capacity: count)
            let lengths = (base + pointers + words).bindMemory(to: Int32.self, capacity: count)
            let formats = (base + pointers + 2 * words).bindMemory(to: Int32.self, capacity: count)
            var next = base + head
            forEachValue { index, bind in
                types[index] = bind.type.rawValue
                guard let written = bind.write(to: next) else {
                    values[index] = nil
                    lengths[index] = 0
                    formats[index] = 1
                    return
                }
                values[index] = UnsafePointer(next.assumingMemoryBound(to: CChar.self))
                lengths[index] = written.length
                formats[index] = written.format
                next += bind.byteCount
            }
            return body(Int32(count), types, values, lengths, formats)
        }
    }
}

extension Bind {
    /// How many bytes ``write(to:)`` takes; never 0, since libpq takes a value's address for its presence.
    fileprivate var byteCount: Int {
        switch content {
        case .null, .invalid: 0
        case .word: 8
        case .binary(let bytes): max(1, bytes.count)
        case .text(let text): text.utf8.count + 1
        }
    }

    /// Writes the value's bytes.
    /// - Returns: their number (0 for text, which ends at its NUL) and format; `nil` for NULL.
    fileprivate func write(to target: UnsafeMutableRawPointer) -> (length: Int32, format: Int32)? {
        switch content {
        case .null, .invalid: return nil
        case .word(let word):
            word.withBytes { Self.copy($0, to: target) }
            return (Int32(word.count), 1)
        case .binary(let bytes):
            bytes.withUnsafeBytes { Self.copy($0, to: target) }
            return (Int32(clamping: bytes.count), 1)
        case .text(var text):
            let count = text.withUTF8 { bytes in
                Self.copy(UnsafeRawBufferPointer(bytes), to: target)
                return bytes.count
            }
            target.storeBytes(of: 0, toByteOffset: count, as: UInt8.self)
            return (0, 0)
        }
    }

    private static func copy(_ bytes: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) {
        if let base = bytes.baseAddress { target.copyMemory(from: base, byteCount: bytes.count) }
    }
}
