public import Heliograph

/// The receivers that run in the process that saves.
public enum BookshopSignals {
    /// Connects the Bookshop's receivers: what is valid, said before anything is written.
    public static func connect(to signals: ModelSignals) {
        signals.preSave(User.self).connect("bookshop.user.username") { save in
            if save.instance.username.allSatisfy(\.isWhitespace) {
                save.refuse(field: "username", code: "required", message: "a username is required")
            }
        }
        signals.preSave(User.self).connect("bookshop.user.email") { save in
            save.instance.email = EmailAddress.normalised(save.instance.email)
            try await validateEmail(&save)
        }
        signals.preSave(Book.self).connect("bookshop.book.title") { save in
            if save.instance.title.allSatisfy(\.isWhitespace) {
                save.refuse(field: "title", code: "required", message: "a title is required")
            }
        }
    }

    /// Friendly, and racy as every such look: between it and the INSERT somebody else may take the address. Then the unique
    /// index refuses, and the caller gets the same failure.
    private static func validateEmail(_ save: inout Saving<User>) async throws {
        let email = save.instance.email
        guard EmailAddress.isWellFormed(email) else {
            let isMissing = email.isEmpty
            save.refuse(
                field: "email", code: isMissing ? "required" : "invalid",
                message: isMissing ? "an e-mail address is required" : "this is not an e-mail address"
            )
            return
        }
        let taken = try await save.transaction.query(
            "SELECT FROM users WHERE lower(email) = \(email) AND id IS DISTINCT FROM \(save.instance.id) LIMIT 1"
        )
        if !taken.isEmpty {
            save.refuse(field: "email", code: "unique", message: "a row with this email already exists")
        }
    }
}
