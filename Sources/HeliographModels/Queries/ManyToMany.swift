public import HeliographPostgres

/// A relation of many rows of one model to many of another, by the rows of a third that refers to both.
///
/// ```swift
/// struct BookTag: Model {
///     var bookID: Int64
///     var tagID: Int64
///     static let mapping = Mapping("book_tags", BookTag.init) {
///         Key("book_id", \.bookID).references(\Book.id, onDelete: .cascade)
///         Key("tag_id", \.tagID).references(\Tag.id, onDelete: .cascade)
///     }
/// }
/// extension Book {
///     static let tags = ManyToMany(Book.self, Tag.self, from: \BookTag.bookID, to: \BookTag.tagID)
/// }
///
/// try await tx.links(Book.tags, of: book).add(swift.id, databases.id)
/// ```
///
/// The two models may be the same. The relation has two sides, of which each can be changed from the other: `left` is the one named first.
public struct ManyToMany<
    Left: Model, Right: Model, Through: Model, LeftKey: PostgresCodable & Hashable, RightKey: PostgresCodable & Hashable
>: Sendable {
    let left: any KeyPath<Through, LeftKey> & Sendable
    let right: any KeyPath<Through, RightKey> & Sendable

    /// - Parameters:
    ///   - leftModel: One model.
    ///   - rightModel: The other.
    ///   - left: The property that refers to the one; its column is declared by `references`.
    ///   - right: The property that refers to the other; its column is declared by `references`.
    public init(
        _ leftModel: Left.Type, _ rightModel: Right.Type, from left: any KeyPath<Through, LeftKey> & Sendable,
        to right: any KeyPath<Through, RightKey> & Sendable
    ) {
        self.left = left
        self.right = right
    }

    /// The same relation from the other side.
    var reversed: ManyToMany<Right, Left, Through, RightKey, LeftKey> {
        .init(Right.self, Left.self, from: right, to: left)
    }
}
