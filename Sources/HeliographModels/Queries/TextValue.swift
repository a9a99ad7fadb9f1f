/// Text, or text that may be missing.
public protocol TextValue: Sendable {}
extension String: TextValue {}
extension Optional: TextValue where Wrapped == String {}
