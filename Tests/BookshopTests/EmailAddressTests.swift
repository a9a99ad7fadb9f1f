import Testing

@testable import Bookshop

@Suite("E-mail addresses")
struct EmailAddressTests {
    @Test(
        "Well formed",
        arguments: [
            "a@b.org", "ada.lovelace+x@mail.example.org", "a@b-c.de", "user@größe.example", "1@2.3",
            "o'neil@example.ie",
        ]
    )
    func wellFormed(text: String) { #expect(EmailAddress.isWellFormed(text)) }

    @Test(
        "Not well formed",
        arguments: [
            "", "a", "@b.org", "a@", "a@b", "a@b.", "a@.org", "a@@b.org", "a@b@c.org", "a b@c.org", "a@b c.org",
            "a@-b.org",
            "a@b-.org", "a@b..org", "a@b!.org", "a\u{1}@b.org", String(repeating: "x", count: 65) + "@b.org",
            "a@" + String(repeating: "x", count: 64) + ".org", "a@" + String(repeating: "xx.", count: 90) + "org",
        ]
    )
    func notWellFormed(text: String) { #expect(!EmailAddress.isWellFormed(text)) }

    @Test("Trimmed and in lower case")
    func normalised() {
        #expect(EmailAddress.normalised(" \t Ada@Example.ORG\n") == "ada@example.org")
        #expect(EmailAddress.normalised("   ") == "")
    }
}
