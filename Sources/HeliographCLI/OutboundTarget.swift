public import HeliographOutbound
public import HeliographProgram

/// Where `heliograph run` hands records to.
protocol OutboundTarget: Sendable {
    /// - Throws: `OutboundFailure` when they were not acknowledged.
    func deliver(_ batch: OutboundBatch) async throws
}

extension Command: OutboundTarget {}
extension Webhook: OutboundTarget {}

extension OutboundTargetError: ExitStatusConvertible {
    public var exitStatus: ExitStatus { .usage }
}
