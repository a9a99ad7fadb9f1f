import HeliographPostgres

/// What everybody who walks through the log does at each step.
extension LogFollower {
    /// The place at which all that is committed now has been told. Notes this life of the server.
    func now() async throws -> LogPlace {
        try await pool.withConnection { connection in
            try await reader.noteIncarnation(on: connection)
            let (snapshot, server) = try await reader.takeSnapshot(on: connection)
            return LogPlace(lo: snapshot, server: server)
        }
    }

    /// Reads the next batch.
    /// - Parameter end: where a window that begins here is to end; `nil` for now. One that is open ends where it ends.
    func read(_ place: LogPlace, _ filter: RecordFilter, upTo end: Snapshot? = nil) async throws -> Window {
        try await pool.withConnection { connection in
            if let hi = place.hi {
                return try await reader.read(
                    from: place.lo, to: hi, after: place.lastID, filter, limit: batchSize, on: connection
                )
            }
            if place.lo == .beginning, end != nil || filter.minimumID > 0 {
                // By id from the start: there is no other window, or none before those records.
                let hi = if let end { end } else { try await reader.takeSnapshot(on: connection).snapshot }
                return try await reader.read(
                    from: place.lo, to: hi, after: max(0, filter.minimumID - 1), filter, limit: batchSize,
                    on: connection
                )
            }
            return try await reader.read(from: place.lo, to: end, filter, limit: batchSize, on: connection)
        }
    }

    /// Whether reading may work when it is tried again.
    static func mayPass(_ error: any Error) -> Bool {
        (error as? PostgresError)?.isTransient ?? (error as? LogError)?.isTransient ?? false
    }
}

extension LogPlace {
    /// Whether the server that read a window is the one this place belongs to.
    func belongs(to window: Window) -> Bool { server == nil || server == window.server }

    /// This place, in a window that has been opened.
    func entering(_ window: Window) -> LogPlace {
        var place = self
        place.server = window.server
        place.hi = window.hi
        return place
    }

    /// The place behind a record of the window that is open here.
    func behind(_ record: Record) -> LogPlace {
        var place = self
        place.lastID = record.id
        return place
    }

    /// The place behind all records of a window, or of the part of it that was read.
    func behind(_ window: Window) -> LogPlace {
        if window.isComplete { return LogPlace(lo: window.hi, server: window.server) }
        let place = entering(window)
        return window.records.last.map(place.behind) ?? place
    }
}
