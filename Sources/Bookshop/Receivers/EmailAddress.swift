/// What becomes of an e-mail address before it is saved.
enum EmailAddress {
    /// Without white space around it, and in lower case.
    static func normalised(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()).lowercased()
    }
}
