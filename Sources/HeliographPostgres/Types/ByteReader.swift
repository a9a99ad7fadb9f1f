/// Reads a value's binary format piece by piece; `nil` where it ends too soon.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private var place = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// How many bytes are left.
    var count: Int { bytes.count - place }

    mutating func int16() -> Int16? { integer() }
    mutating func int32() -> Int32? { integer() }
    mutating func int64() -> Int64? { integer() }
    mutating func uint8() -> UInt8? { integer() }

    private mutating func integer<I: FixedWidthInteger>() -> I? {
        let size = MemoryLayout<I>.size
        guard count >= size else { return nil }
        defer { place += size }
        return I(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: I.self))
    }

    mutating func bytes(_ length: Int) -> UnsafeRawBufferPointer? {
        guard length >= 0, count >= length else { return nil }
        defer { place += length }
        return UnsafeRawBufferPointer(rebasing: bytes[place..<place + length])
    }
}
