import HeliographModels
import HeliographPostgres

/// What the records of a batch's own writes say about where they come from.
struct EffectContext: Equatable {
    let origin: String?
    /// Of the span in which the receivers run.
    let traceparent: String?
    /// See `Record.causalDepth`.
    let depth: Int

    /// As the log keeps it, see `SignalContext`.
    var json: String {
        var members: [JSONValue.Member] = []
        if let traceparent { members.append(.init(name: "traceparent", value: .string(traceparent))) }
        if let origin { members.append(.init(name: "origin", value: .string(origin))) }
        members.append(.init(name: "depth", value: .number("\(depth)")))
        return JSONValue.object(members).description
    }
}
