/// Elements in portions.
struct Batches<Element>: Sequence, IteratorProtocol {
    private var rest: ArraySlice<Element>
    private let size: Int

    init(_ elements: [Element], of size: Int) {
        rest = elements[...]
        self.size = size
    }

    mutating func next() -> ArraySlice<Element>? {
        guard !rest.isEmpty else { return nil }
        defer { rest = rest.dropFirst(size) }
        return rest.prefix(size)
    }
}
