public import Heliograph

/// The receivers that run in the process that saves. What a value must look like is declared in the models' mappings.
public enum BookshopSignals {
    /// Connects the Bookshop's receivers: what is valid, said before anything is written.
    public static func connect(to signals: ModelSignals) {
        signals.preSave(User.self).connect("bookshop.user.email") { save in
            save.instance.email = EmailAddress.normalised(save.instance.email)
            try await validateEmail(&save)
        }
    }

    /// Friendly, and racy as every such look: between it and the INSERT somebody else may take the address. Then the unique
    /// index refuses, and the caller gets the same failure.
    ///
    /// The rule `.unique` would compare addresses as they are written; the index does so in lower case.
    private static func validateEmail(_ save: inout Saving<User>) async throws {
        let email = save.instance.email
        // The model's rules say what is wrong with it.
        guard Rule<String>.email.accepts(email) else { return }
        let taken = try await save.transaction.query(
            "SELECT FROM users WHERE lower(email) = \(email) AND id IS DISTINCT FROM \(save.instance.id) LIMIT 1"
        )
        if !taken.isEmpty {
            save.refuse(field: "email", code: "unique", message: "a row with this email already exists")
        }
    }
}
