/// Takes NotificationResponse out of what a server sends, as a pooler in transaction mode does: it has nobody to hand them to.
///
/// Of the protocol it knows that each message is a byte for its type and four for its length. So only without TLS.
struct NotificationFilter {
    private var header: [UInt8] = []
    /// How much of the message that has begun is still to come, and whether it goes on.
    private var remaining = 0
    private var isDropped = false

    mutating func pass(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var passed: [UInt8] = []
        for byte in bytes {
            if remaining > 0 {
                remaining -= 1
                if !isDropped { passed.append(byte) }
                continue
            }
            header.append(byte)
            guard header.count == 5 else { continue }
            isDropped = header[0] == UInt8(ascii: "A")
            remaining = header[1...].reduce(0) { $0 << 8 | Int($1) } - 4
            if !isDropped { passed += header }
            header = []
        }
        return passed
    }
}
