/// An instance together with what its row was when it was read, so that a save writes only what has changed.
///
/// ```swift
/// var user = Loaded(try await tx.find(User.self, id)!)
/// user.email = "ada@example.org"
/// try await tx.save(&user)  // UPDATE users SET email = …
/// ```
///
/// Two programs that change different columns of a row do not undo each other's changes so.
@dynamicMemberLookup
public struct Loaded<M: Model>: Sendable {
    /// What the row was.
    public private(set) var original: M
    /// The instance, as the program has made it.
    public var instance: M

    /// - Parameter instance: An instance as it was read.
    public init(_ instance: M) {
        original = instance
        self.instance = instance
    }

    /// A property of the instance.
    public subscript<Value>(dynamicMember path: WritableKeyPath<M, Value>) -> Value {
        get { instance[keyPath: path] }
        set { instance[keyPath: path] = newValue }
    }

    /// The columns that differ from what the row was, by their names.
    public var changedFields: [String] {
        let (old, new) = (M.mapping.values(original), M.mapping.values(instance))
        return M.mapping.columns.indices.filter { old[$0] != new[$0] }.map { M.mapping.columns[$0].name }
    }
}
