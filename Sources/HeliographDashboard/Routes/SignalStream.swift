import HTTPTypes
public import Heliograph
public import Hummingbird

/// Server-sent events of all records of the signal log: `GET /signals/stream`.
///
/// Each event is named for the record's signal (`post_save`, …) and carries the record as one line of JSON. A client that
/// reconnects with `Last-Event-ID`, as browsers do by themselves, goes on where it was and misses nothing; the event `reset`
/// says that this was not possible, because the server of the database had been restarted.
///
/// All streams of a process share one reader of the log. A client that is slower than the log is read for by itself, as fast as it
/// takes; only a bounded number of records is kept for it.
public struct SignalStream: Sendable {
    private let mirror: LiveMirror
    private let heartbeat: Duration

    /// - Parameters:
    ///   - mirror: what is told; it must be run as a service.
    ///   - heartbeat: after so much silence a comment is sent, so that both sides see whether the other is there. Default: 15 s.
    public init(_ mirror: LiveMirror, heartbeat: Duration = .seconds(15)) {
        self.mirror = mirror
        self.heartbeat = heartbeat
    }

    /// The answer to a request for the stream.
    public func response(to request: Request) throws -> Response {
        var start = LogFollower.Start.now
        if let name = HTTPField.Name("Last-Event-ID"), let last = request.headers[name], !last.isEmpty {
            guard let place = LogPlace(last) else {
                throw HTTPError(.badRequest, message: "Last-Event-ID is not an id of this stream")
            }
            start = .place(place)
        }
        let events = mirror.events(.everywhere, from: start)
        let heartbeat = heartbeat
        let body = ResponseBody { writer in
            var lastWrite: ContinuousClock.Instant?
            for try await event in events {
                var text = ""
                if lastWrite == nil {
                    // The headers go out with it. Not before the place in the log is taken: what is committed after this line is
                    // told.
                    text = ": following the signal log\n\n"
                }
                switch event {
                case .record(let live):
                    text += "event: \(live.record.signal)\nid: \(live.place)\ndata: \(live.record.json)\n\n"
                case .reset: text += "event: reset\ndata: {}\n\n"
                case .lagged: break  // nothing is missing
                case .caughtUp:
                    if let lastWrite, ContinuousClock.now - lastWrite >= heartbeat { text = ": quiet\n\n" }
                }
                if text.isEmpty { continue }
                do {
                    try await writer.write(ByteBuffer(string: text))
                } catch {
                    // The client has gone: the usual end of a stream.
                    return
                }
                lastWrite = .now
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
            body: body
        )
    }
}
