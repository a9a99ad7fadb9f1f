public import Heliograph

/// The receivers that run in the workers, for every committed change, whoever made it.
///
/// They begin with the log: who signs up before the first worker has ever started gets a Profile all the same.
public enum BookshopSubscriptions {
    /// Both of them.
    public static let all = [createProfile, createSummary]

    /// A Profile for each new User.
    ///
    /// The record is history, and the receiver sees the present: the user may be gone, then there is nothing to do. Where the
    /// application has made the Profile itself, or a changed key has carried it along, it stays.
    public static let createProfile = Subscription("create-profile", on: User.self, .created, start: .beginning) {
        event, tx in
        try await tx.execute(
            """
            INSERT INTO profiles (user_id) SELECT id FROM users WHERE id = \(event.instance.id)
            ON CONFLICT (user_id) DO NOTHING
            """
        )
    }

    /// A Summary for each new Book, empty until somebody writes it.
    public static let createSummary = Subscription("create-summary", on: Book.self, .created, start: .beginning) {
        event, tx in
        try await tx.execute(
            """
            INSERT INTO summaries (book_id) SELECT id FROM books WHERE id = \(event.instance.id)
            ON CONFLICT (book_id) DO NOTHING
            """
        )
    }
}
