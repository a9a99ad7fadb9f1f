/// A property and the columns that hold it: a ``Column``, a ``Key`` or a ``Nested`` value.
public protocol MappedProperty<Root, Value>: Sendable {
    /// The model, or a nested value.
    associatedtype Root: Sendable
    /// The property's type.
    associatedtype Value: Sendable
    /// What is said of the columns.
    var column: Column<Root, Value> { get }
}
