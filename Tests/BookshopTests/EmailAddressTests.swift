import Testing

@testable import Bookshop

@Suite("E-mail addresses")
struct EmailAddressTests {
    @Test("Trimmed and in lower case")
    func normalised() {
        #expect(EmailAddress.normalised(" \t Ada@Example.ORG\n") == "ada@example.org")
        #expect(EmailAddress.normalised("   ") == "")
    }
}
