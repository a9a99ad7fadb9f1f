import HeliographPostgres

/// Tells the records that this process wrote from others'.
///
/// The origin in a record's context is a claim: any writer can say anything. The role is not, so a record counts as own only if the
/// database's own role wrote it. Who claims another process's origin must therefore be logged in as the same role.
struct OwnRecords: Sendable {
    /// `nil`: this process writes nothing that could be told.
    private let origin: String?
    /// The role of this process's transactions.
    private let writer: String

    init(origin: String?, writer: String) {
        self.origin = origin
        self.writer = writer
    }

    /// A window's records, each with the place behind it.
    /// - Parameter place: where the window, or this part of it, was begun.
    func mark(_ window: Window, from place: LogPlace) -> [LiveRecord] {
        let place = place.entering(window)
        // The records of a transaction say the same, and come together for the most part.
        var last: (context: String, isOwn: Bool)?
        return window.records.map { record in
            let isOwn: Bool
            if let context = record.context, origin != nil, record.writer == writer {
                isOwn = last?.context == context ? last?.isOwn ?? false : claimsOrigin(context)
                last = (context, isOwn)
            } else {
                isOwn = false
            }
            return LiveRecord(record: record, isOwn: isOwn, place: place.behind(record))
        }
    }

    private func claimsOrigin(_ context: String) -> Bool {
        guard let origin, let parsed = try? JSONValue(parsing: context) else { return false }
        return parsed["origin"]?.string == origin
    }
}
