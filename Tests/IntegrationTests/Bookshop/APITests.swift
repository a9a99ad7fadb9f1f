import BookshopClient
import Heliograph
import HeliographTesting
import Testing

@Suite("Bookshop: HTTP interface")
struct APITests {
    /// The fields and codes of a problem document's errors.
    private func refusals(_ answer: BookshopAnswer) throws -> [String] {
        #expect(answer.headers["content-type"] == "application/problem+json")
        guard case .array(let errors)? = try JSONValue(parsing: answer.body)["errors"] else { return [] }
        return errors.map { "\($0["field"]?.string ?? "?") \($0["code"]?.string ?? "?")" }
    }

    @Test("Users: created, read, listed, changed, deleted", .timeLimit(.minutes(10)))
    func users() async throws {
        try await Fixture.with { fixture in
            try await fixture.withServer { api, _ in
                let created = try await api.send(
                    "POST", "/users", body: #"{"username":"ada","email":" Ada@Example.org"}"#)
                #expect(created.status == 201)
                #expect(created.headers["location"] == "/users/1")
                let user = try JSONValue(parsing: created.body)
                #expect(user["id"] == .number("1"))
                #expect(user["email"]?.string == "ada@example.org")
                #expect(user["is_active"] == .bool(true))
                let time = user["created_at"]?.string ?? ""
                #expect(time.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/#) != nil, "\(time)")

                let read = try await api.send("GET", "/users/1")
                #expect(read.status == 200 && read.body == created.body)
                let changed = try await api.send("PATCH", "/users/1", body: #"{"is_active":false}"#)
                #expect(changed.status == 200)
                #expect(try JSONValue(parsing: changed.body)["is_active"] == .bool(false))
                #expect(try JSONValue(parsing: changed.body)["username"]?.string == "ada")
                _ = try await api.send("POST", "/users", body: #"{"username":"grace","email":"grace@example.org"}"#)
                let page = try await api.send("GET", "/users?limit=1&after=1")
                #expect(try JSONValue(parsing: page.body).description.contains(#""username":"grace""#))
                #expect(try await api.send("DELETE", "/users/1").status == 204)
                #expect(try await api.send("GET", "/users/1").status == 404)
                #expect(try await api.send("DELETE", "/users/1").status == 404)
            }
        }
    }

    @Test("A duplicate e-mail gives 422 with the field and writes nothing", .timeLimit(.minutes(10)))
    func duplicate() async throws {
        try await Fixture.with { fixture in
            try await fixture.withServer { api, _ in
                #expect(
                    try await api.send("POST", "/users", body: #"{"username":"a","email":"a@b.org"}"#).status == 201)
                let answer = try await api.send("POST", "/users", body: #"{"username":"b","email":"A@B.org"}"#)
                #expect(answer.status == 422)
                #expect(try refusals(answer) == ["email unique"])
                #expect(try await fixture.count("SELECT count(*) FROM users") == 1)
                #expect(try await Captured(fixture: fixture).records.count == 1)
                // Neither by a change of another user.
                _ = try await api.send("POST", "/users", body: #"{"username":"c","email":"c@b.org"}"#)
                let patch = try await api.send("PATCH", "/users/2", body: #"{"email":"a@b.org"}"#)
                #expect(patch.status == 422)
                #expect(try refusals(patch) == ["email unique"])
            }
        }
    }

    @Test("Of two concurrent saves of one e-mail one gets 201, the other 422", .timeLimit(.minutes(10)))
    func concurrent() async throws {
        try await Fixture.with { fixture in
            try await fixture.withServer { api, _ in
                for round in 0..<5 {
                    let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                        for writer in 0..<2 {
                            group.addTask {
                                try await api.send(
                                    "POST", "/users", body: #"{"username":"w\#(writer)","email":"same\#(round)@b.org"}"#
                                ).status
                            }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    #expect(statuses.sorted() == [201, 422])
                }
                #expect(try await fixture.count("SELECT count(*) FROM users") == 5)
            }
        }
    }

    @Test("What is not what it claims, and what is nowhere: a problem document that says so", .timeLimit(.minutes(10)))
    func badRequests() async throws {
        try await Fixture.with { fixture in
            try await fixture.withServer { api, _ in
                let attempts: [(method: String, path: String, body: String?, status: Int)] = [
                    ("POST", "/users", #"{"username":"#, 400), ("POST", "/users", "[]", 400),
                    ("POST", "/users", "", 400),
                    ("POST", "/users", "\u{1}", 400), ("GET", "/users?limit=0", nil, 400),
                    ("GET", "/users?limit=x", nil, 400),
                    ("GET", "/users/99", nil, 404), ("GET", "/users/abc", nil, 404), ("PATCH", "/users/99", "{}", 404),
                    ("GET", "/users/99/profile", nil, 404), ("GET", "/nothing", nil, 404),
                    ("POST", "/users", String(repeating: " ", count: 1 << 21), 413),
                ]
                for attempt in attempts {
                    let answer = try await api.send(attempt.method, attempt.path, body: attempt.body)
                    #expect(answer.status == attempt.status, "\(attempt.method) \(attempt.path): \(answer.status)")
                    #expect(answer.headers["content-type"] == "application/problem+json", "\(attempt.path)")
                    let problem = try JSONValue(parsing: answer.body)
                    #expect(problem["status"] == .number("\(attempt.status)"))
                    #expect(problem["detail"]?.string?.isEmpty == false)
                }
                let form = try await api.send(
                    "POST", "/users", body: "a=b", headers: ["Content-Type": "application/x-www-form-urlencoded"])
                #expect(form.status == 415)
            }
        }
    }

    @Test("All that is wrong with a user is said at once", .timeLimit(.minutes(10)))
    func allFields() async throws {
        try await Fixture.with { fixture in
            try await fixture.withServer { api, _ in
                let empty = try await api.send("POST", "/users", body: "{}")
                #expect(empty.status == 422)
                #expect(try refusals(empty) == ["username required", "email required"])
                let mixed = try await api.send(
                    "POST", "/users", body: #"{"username":7,"email":"nonsense","is_active":"yes","id":3,"emial":"x"}"#
                )
                #expect(
                    try refusals(mixed).sorted() == [
                        "email invalid", "emial unknown", "id read_only", "is_active type", "username type",
                    ]
                )
                let nul = try await api.send("POST", "/users", body: #"{"username":"a\u0000b","email":"a@b.org"}"#)
                #expect(try refusals(nul) == ["username type"])
                #expect(try await fixture.count("SELECT count(*) FROM users") == 0)
                let book = try await api.send("POST", "/books", body: #"{"title":"  "}"#)
                #expect(try refusals(book) == ["title required"])
            }
        }
    }

    @Test("Profiles and Summaries come from the worker, and can be changed", .timeLimit(.minutes(10)))
    func parts() async throws {
        try await Fixture.with { fixture in
            try await fixture.withServer { api, _ in
                try await fixture.withBookshopWorker { _ in
                    _ = try await api.send("POST", "/users", body: #"{"username":"a","email":"a@b.org"}"#)
                    _ = try await api.send("POST", "/books", body: #"{"title":"Emma"}"#)
                    try await eventually("the Profile") { try await api.send("GET", "/users/1/profile").status == 200 }
                    try await eventually("the Summary") { try await api.send("GET", "/books/1/summary").status == 200 }
                    let profile = try await api.send("GET", "/users/1/profile")
                    #expect(profile.body == #"{"id":1,"user_id":1,"bio":"This is my bio."}"#)
                    let summary = try await api.send(
                        "PATCH", "/books/1/summary", body: #"{"content":"A match is made."}"#)
                    #expect(summary.body == #"{"id":1,"book_id":1,"content":"A match is made."}"#)
                    let second = try await api.send("POST", "/users/1/profile", body: "{}")
                    #expect(second.status == 422)
                    #expect(try await api.send("DELETE", "/users/1/profile").status == 204)
                    #expect(try await api.send("POST", "/users/1/profile", body: #"{"bio":"mine"}"#).status == 201)
                    #expect(try await api.send("POST", "/users/99/profile", body: "{}").status == 404)
                }
            }
        }
    }

    @Test(
        "The stream tells each record, with its request; after a reconnect it goes on where it was",
        .timeLimit(.minutes(10)))
    func stream() async throws {
        try await Fixture.with { fixture in
            try await fixture.withServer { api, _ in
                let seen = Locked<[String]>([])
                let lastID = Locked("")
                // The first line says that the stream is open: what is written from then on is told.
                let isOpen = Flag()
                let followed = try await withThrowingTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        try await api.follow("/signals/stream") { line in
                            if line.hasPrefix(":") { isOpen.set() }
                            if line.hasPrefix("id: ") { lastID.change { $0 = String(line.dropFirst(4)) } }
                            if line.hasPrefix("data: ") { seen.change { $0.append(String(line.dropFirst(6))) } }
                            return seen.value.count == 1
                        }
                    }
                    try await eventually("the stream to be open") { isOpen.isSet }
                    _ = try await api.send(
                        "POST", "/users", body: #"{"username":"a","email":"a@b.org"}"#,
                        headers: ["X-Request-ID": "req-7"]
                    )
                    return try await group.next() ?? false
                }
                #expect(followed)
                let record = try JSONValue(parsing: seen.value[0])
                #expect(record["signal"]?.string == "post_save")
                #expect(record["context"]?["request"]?.string == "req-7")
                #expect(record["origin"]?.string?.hasPrefix("bookshop-server@") == true)

                // Written while nobody listens.
                try await fixture.psql("INSERT INTO books (title) VALUES ('Emma')")
                let missed = Locked("")
                let resumed = try await api.follow(
                    "/signals/stream", headers: ["Last-Event-ID": lastID.value]
                ) { line in
                    if line.hasPrefix("data: ") { missed.change { $0 = line } }
                    return line.hasPrefix("data: ")
                }
                #expect(resumed)
                #expect(missed.value.contains(#""title":"Emma""#))
                let nonsense = try await api.send("GET", "/signals/stream", headers: ["Last-Event-ID": "nonsense"])
                #expect(nonsense.status == 400)
            }
        }
    }

    @Test("Health and metrics; SIGTERM ends it in order, also with a stream open", .timeLimit(.minutes(10)))
    func operations() async throws {
        try await Fixture.with { fixture in
            try await fixture.withServer { api, program in
                #expect(try await api.send("GET", "/health/live").status == 200)
                #expect(try await api.send("GET", "/health/ready").status == 200)
                _ = try await api.send("GET", "/users")
                let metrics = try await api.send("GET", "/metrics")
                #expect(metrics.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
                #expect(metrics.body.contains("heliograph_up 1\n"))
                #expect(metrics.body.contains("# TYPE http_server_request_duration_seconds histogram"))
                let isOpen = Flag()
                let wasEnough = try await withThrowingTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        try await api.follow("/signals/stream") { _ in
                            isOpen.set()
                            return false
                        }
                    }
                    try await eventually("the stream to be open") { isOpen.isSet }
                    program.send(.terminate)
                    return try await group.next() ?? true
                }
                #expect(!wasEnough, "the server ended the stream")
                try await program.ended()
            }
        }
    }

    @Test("Each path says which methods it takes; HEAD is GET without its body", .timeLimit(.minutes(10)))
    func methods() async throws {
        try await Fixture.with { fixture in
            try await fixture.withServer { api, _ in
                let refused = try await api.send("PUT", "/users", body: "{}")
                #expect(refused.status == 405)
                #expect(refused.headers["allow"] == "GET, POST, HEAD, OPTIONS")
                #expect(refused.headers["content-type"] == "application/problem+json")
                #expect(try await api.send("POST", "/users/1", body: "{}").status == 405)
                #expect(try await api.send("DELETE", "/metrics").status == 405)
                #expect(try await api.send("PUT", "/nothing", body: "{}").status == 404)
                let options = try await api.send("OPTIONS", "/users/1")
                #expect(options.status == 204)
                #expect(options.headers["allow"] == "GET, PATCH, DELETE, HEAD, OPTIONS")
                let head = try await api.send("HEAD", "/users")
                #expect(head.status == 200)
                #expect(head.body.isEmpty)
                #expect(head.headers["content-type"] == "application/json")
            }
        }
    }

    @Test("A date that PostgreSQL can hold can be read, however far away", .timeLimit(.minutes(10)))
    func farDates() async throws {
        try await Fixture.with { fixture in
            try await fixture.withServer { api, _ in
                try await fixture.psql(
                    """
                    INSERT INTO users (username, email, created_at)
                    VALUES ('far', 'far@b.org', '294276-12-31 23:59:58.5Z'), ('old', 'old@b.org', '0044-03-15 BC 12:00Z')
                    """
                )
                var times: [String?] = []
                for id in 1...2 {
                    let answer = try await api.send("GET", "/users/\(id)")
                    #expect(answer.status == 200)
                    times.append(try JSONValue(parsing: answer.body)["created_at"]?.string)
                }
                #expect(times == ["294276-12-31T23:59:58.500000Z", "0044-03-15T12:00:00.000000Z BC"])
            }
        }
    }

    @Test("Without its schema it is not ready, and says why", .timeLimit(.minutes(10)))
    func notReady() async throws {
        try await Fixture.with { fixture in
            try await fixture.withServer { api, _ in
                try await fixture.psql("DROP SCHEMA heliograph CASCADE")
                let answer = try await api.send("GET", "/health/ready")
                #expect(answer.status == 503)
                #expect(answer.body.contains("heliograph migrate"))
                #expect(try await api.send("GET", "/health/live").status == 200)
            }
        }
    }
}
