import Foundation
import HeliographModels
import Testing

@testable import HeliographModels

@Suite("Rules")
struct RuleTests {
    @Test(
        "What passes a rule",
        arguments: [
            (.required, ["a", " a", "\u{a0}"], ["", " ", "\t\n\r"]),
            (.length(...3), ["", "abc", "äöü"], ["abcd", "e\u{301}e\u{301}"]),
            (.length(2...), ["ab", "abc"], ["", "a"]),
            (.length(2...3), ["ab", "abc"], ["a", "abcd"]),
            (.length(1...Int.max), ["a", "abcd"], [""]),
            (.pattern("[a-z]+"), ["a", "xyz"], ["", "a1", "A", "a\n", "ä"]),
            (.pattern("a|bc"), ["a", "bc"], ["abc", "ac", "b"]),
            (.oneOf(["a", "b"]), ["a", "b"], ["", "c", "A"]),
            (
                .email,
                [
                    "a@b.cd", "ada.lovelace+x@mail.example.org", "a@b-c.de", "user@größe.example", "1@2.3",
                    "o'neil@example.ie",
                ],
                [
                    "", "a", "@b.org", "a@", "a@b", "a@b.", "a@.org", "a@@b.org", "a@b@c.org", "a b@c.org", "a@b c.org",
                    "a@-b.org",
                    "a@b-.org", "a@b..org", "a@b!.org", "a\u{1}@b.org", "a@b.org ", "a@b.org\n",
                    String(repeating: "x", count: 65) + "@b.org", "a@" + String(repeating: "x", count: 64) + ".org",
                    "a@" + String(repeating: "xx.", count: 90) + "org",
                ]
            ),
        ] as [(Rule<String>, [String], [String])]
    )
    func texts(rule: Rule<String>, passing: [String], failing: [String]) {
        for text in passing { #expect(rule.holds(text), "\(text.debugDescription)") }
        for text in failing { #expect(!rule.holds(text), "\(text.debugDescription)") }
    }

    @Test("Ranges include their ends, and no NaN")
    func ranges() {
        #expect(Rule<Int>.range(1...5).holds(5))
        #expect(!Rule<Int>.range(1...5).holds(6))
        #expect(Rule<Int>.range(...5).holds(-9))
        #expect(!Rule<Double>.range(0...).holds(.nan))
        #expect(Rule<Double>.range(0...).holds(0))
    }

    @Test("A value that may be missing passes, unless it must be there")
    func optionals() {
        #expect(Rule<Int?>(ifPresent: .range(1...5)).holds(nil))
        #expect(!Rule<Int?>(ifPresent: .range(1...5)).holds(9))
        #expect(!Rule<Int?>.present().holds(nil))
        #expect(Rule<Int?>.present().holds(9))
    }

    @Test(
        "Only what Swift and PostgreSQL read alike can be a constraint",
        arguments: [
            ("[a-z0-9_]+", true), ("(ab|c)?d{2,5}", true), ("a\\.b", true), ("[^a]", true), ("a.b", false),
            ("\\d+", false),
            ("[[:alpha:]]", false), ("[a\\]]", false), ("a+?", false), ("a*+", false), ("(?i)a", false), ("^a$", false),
            ("ä", false), ("[]a]", false), ("***:a", false), ("[a&&b]", false), ("a\\b", false), ("\\1", false),
            ("[a", false),
        ]
    )
    func common(pattern: String, isCommon: Bool) {
        #expect(PatternMatcher.isReadAlike(pattern) == isCommon)
        let isSayable = Rule<String>.pattern(pattern).declaration.condition(column: "c") != nil
        #expect(isSayable == (isCommon && PatternMatcher(pattern).fault == nil))
    }

    @Test("A pattern that is none lets nothing pass, and says so")
    func faulty() {
        let rule = Rule<String>.pattern("(a")
        #expect(!rule.holds("a"))
        #expect(rule.declaration.fault?.contains("(a") == true)
    }

    @Test("Values in SQL are quoted so that they end nowhere else")
    func literals() {
        #expect(
            Rule<String>.oneOf(["a'b", "c\\d"]).declaration.condition(column: "x\"y") == #""x""y" IN ('a''b', E'c\\d')"#
        )
        #expect(Rule<Int>.range(-1...5).declaration.condition(column: "n") == #""n" >= '-1'::bigint AND "n" <= 5"#)
        #expect(
            Rule<Double>.range(0...).declaration.condition(column: "n")
                == #""n" >= '0.0'::double precision AND "n" <> 'NaN'"#)
        #expect(Rule<String>.range("a"...).declaration.condition(column: "n") == nil)
        #expect(Rule<String?>.oneOf(["a", nil]).declaration.condition(column: "n") == nil)
        #expect(Rule<Decimal>.range(...5).declaration.condition(column: "n") == #""n" <= 5"#)
    }
}
