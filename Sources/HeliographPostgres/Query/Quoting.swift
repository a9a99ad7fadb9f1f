/// Putting text into quotes, scalar by scalar.
///
/// Never by Swift's characters: a quote with a combining mark behind it is another character, and to everybody who reads
/// the text a quote.
package enum Quoting {
    /// The text with each of these scalars doubled.
    package static func doubling(_ quote: Unicode.Scalar, in text: String) -> String {
        var quoted = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == quote { quoted.append(scalar) }
            quoted.append(scalar)
        }
        return String(quoted)
    }

    /// The text with a backslash before each of these scalars, and before each backslash.
    package static func backslashing(_ quote: Unicode.Scalar, in text: String) -> String {
        var quoted = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == quote || scalar == "\\" { quoted.append("\\") }
            quoted.append(scalar)
        }
        return String(quoted)
    }

    /// A value in libpq's keyword form.
    package static func connectionValue(_ value: String) -> String { "'" + backslashing("'", in: value) + "'" }
}
