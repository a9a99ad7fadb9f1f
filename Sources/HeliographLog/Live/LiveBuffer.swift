/// What an observer has not taken yet: at most so many records, and so many bytes.
struct LiveBuffer: Sendable {
    struct Limits: Sendable {
        var records: Int
        var bytes: Int
    }

    private var items: [LiveRecord] = []
    private var head = 0
    private var bytes = 0
    private let limits: Limits

    init(_ limits: Limits) { self.limits = limits }

    var isEmpty: Bool { head == items.count }
    /// Whether little more has room.
    var isCrowded: Bool { items.count - head > limits.records / 2 || bytes > limits.bytes / 2 }

    /// - Returns: whether there was room. One record has, whatever its size.
    mutating func append(_ item: LiveRecord) -> Bool {
        let size = item.size
        guard isEmpty || items.count - head < limits.records && bytes + size <= limits.bytes else { return false }
        items.append(item)
        bytes += size
        return true
    }

    /// The first ones, which are gone from here then.
    mutating func take(_ limit: Int) -> [LiveRecord] {
        let end = min(items.count, head + limit)
        let taken = Array(items[head..<end])
        head = end
        bytes -= taken.reduce(0) { $0 + $1.size }
        if isEmpty {
            drop()
        } else if head > limits.records {
            items.removeFirst(head)
            head = 0
        }
        return taken
    }

    mutating func drop() {
        items = []
        head = 0
        bytes = 0
    }
}
