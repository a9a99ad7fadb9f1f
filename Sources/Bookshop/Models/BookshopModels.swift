public import Heliograph

/// The Bookshop's models.
public enum BookshopModels {
    /// All of them, to be compared with their tables.
    public static let schema = ModelSchema(User.self, Profile.self, Book.self, Summary.self)
}
