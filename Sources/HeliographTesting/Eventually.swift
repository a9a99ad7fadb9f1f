/// Something did not come about in time.
public struct NotInTime: Error, Sendable, CustomStringConvertible {
    /// What was waited for, and how long.
    public let description: String
}

/// Waits until a condition holds that can only be seen by looking, such as a row in a table.
///
/// - Parameters:
///   - what: What is waited for, for the error.
///   - limit: After so long it counts as not happening. Default: 180 s.
///   - interval: How long to wait between two looks. Default: 10 ms.
///   - condition: Looks.
/// - Throws: ``NotInTime``; what `condition` throws.
public func eventually(
    _ what: String, within limit: Duration = .seconds(180), every interval: Duration = .milliseconds(10),
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw NotInTime(description: "waited \(limit) for \(what) in vain")
        }
        try await Task.sleep(for: interval)
    }
}
