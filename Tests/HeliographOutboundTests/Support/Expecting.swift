import Testing

@testable import HeliographOutbound

/// What a delivery fails with.
func failure(
    of delivery: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> OutboundFailure {
    let failure = await #expect(throws: OutboundFailure.self, sourceLocation: sourceLocation) { try await delivery() }
    return try #require(failure, sourceLocation: sourceLocation)
}

/// What is wrong with a webhook or a command.
func complaint(
    of make: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) throws -> String {
    let error = #expect(throws: OutboundTargetError.self, sourceLocation: sourceLocation) { try make() }
    let message = try #require(error, sourceLocation: sourceLocation).message
    #expect(!message.contains { $0.isNewline }, sourceLocation: sourceLocation)
    return message
}
