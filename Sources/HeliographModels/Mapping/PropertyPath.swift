/// A key path as the key of a dictionary.
///
/// Unchecked, because the class is not marked as sendable, though it never changes: those that are kept are made of paths that
/// are marked so, others are only looked up.
struct PropertyPath: Hashable, @unchecked Sendable {
    private let path: AnyKeyPath

    init(_ path: AnyKeyPath) { self.path = path }

    /// The property of a property; `nil` if they do not fit together.
    init?(_ outer: AnyKeyPath, _ inner: PropertyPath) {
        guard let path = outer.appending(path: inner.path) else { return nil }
        self.path = path
    }

    /// The property's value; `nil` if it is none of the instance's.
    func value<Root>(in instance: Root) -> Any? { (path as? PartialKeyPath<Root>).map { instance[keyPath: $0] } }
}
