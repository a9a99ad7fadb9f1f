import Heliograph
import HeliographTesting
import Testing

@Suite("Live observers")
struct LiveMirrorTests {
    /// The value of a column, as the record has it.
    private func v(_ live: LiveRecord) -> String {
        (try? live.record.instance(of: Observing.Row.self).v) ?? "?"
    }

    @Test(
        "Two processes: each hears its own, the other's, or all; what is written without the model layer is nobody's own",
        .timeLimit(.minutes(10)))
    func scopes() async throws {
        try await Captured.with(Observing.table) { t in
            try await Observing.with(t.fixture, "one") { one in
                try await Observing.with(t.fixture, "two") { two in
                    try await one.hearing(.local) { local in
                        try await one.hearing(.mirrored) { mirrored in
                            try await one.hearing(.everywhere) { all in
                                try await one.write("mine")
                                try await two.write("theirs")
                                try await t.write("INSERT INTO t (v) VALUES ('plain')")
                                _ = try await one.database.pool.query("INSERT INTO t (v) VALUES ('pool')")
                                try await eventually("all to be heard") { all.count == 4 }
                                try await eventually("each") { local.count == 1 && mirrored.count == 3 }
                                #expect(local.records.map(v) == ["mine"])
                                #expect(mirrored.records.map(v) == ["theirs", "plain", "pool"])
                                #expect(all.records.map(v) == ["mine", "theirs", "plain", "pool"])
                                #expect(all.records.map(\.isOwn) == [true, false, false, false])
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("Who claims this process's origin must be of its role, or is not believed", .timeLimit(.minutes(10)))
    func claims() async throws {
        try await Captured.with(Observing.table) { t in
            try await Observing.with(t.fixture) { one in
                let origin = try #require(one.database.origin)
                // The session's user is another one, as after logging in as it.
                let role = "liar_\(UInt32.random(in: .min ... .max))"
                try await t.write("CREATE ROLE \(role) LOGIN; GRANT ALL ON t TO \(role)")
                try await one.hearing(.everywhere) { all in
                    try await t.write(
                        """
                        SET SESSION AUTHORIZATION \(role);
                        BEGIN;
                        SET LOCAL heliograph.context = '{"origin":"\(origin)"}';
                        INSERT INTO t (id, v) VALUES (-1, 'a lie');
                        COMMIT;
                        """
                    )
                    try await one.write("the truth")
                    try await eventually("both") { all.count == 2 }
                    #expect(all.records.map(v) == ["a lie", "the truth"])
                    #expect(all.records.map(\.isOwn) == [false, true])
                }
                try await t.write("DROP OWNED BY \(role); DROP ROLE \(role)")
            }
        }
    }

    @Test(
        "Its own commit is heard at once, with all that was committed before by others; nobody rings and nobody polls",
        .timeLimit(.minutes(10)))
    func atOnce() async throws {
        try await Captured.with(Observing.table) { t in
            try await Observing.with(t.fixture, listening: false) { one in
                try await one.hearing(.everywhere) { all in
                    try await t.write("INSERT INTO t (v) VALUES ('before')")
                    try await one.write("mine")
                    try await eventually("both to be heard", within: .seconds(60)) { all.count == 2 }
                    #expect(all.records.map(v) == ["before", "mine"])
                    // A transaction that only reads need not wake anybody; one that is rolled back tells nothing.
                    _ = try? await one.database.transaction { tx in
                        try await tx.execute("INSERT INTO t (v) VALUES ('undone')")
                        throw Cancel("on purpose")
                    }
                    try await one.database.transaction { try await $0.execute("INSERT INTO t (v) VALUES ('by SQL')") }
                    try await eventually("the third", within: .seconds(60)) { all.count == 3 }
                    #expect(all.records.map(\.isOwn) == [false, true, true])
                }
            }
        }
    }

    @Test("What commits late is told late, whatever its number", .timeLimit(.minutes(10)))
    func lateCommit() async throws {
        try await Captured.with(Observing.table) { t in
            try await Observing.with(t.fixture) { one in
                try await one.hearing(.everywhere) { all in
                    try await t.fixture.withConnection { late in
                        try await late.query("BEGIN")
                        try await late.query("INSERT INTO t (v) VALUES ('late')")
                        try await one.write("early")
                        try await eventually("the one that is committed") { all.count == 1 }
                        try await late.query("COMMIT")
                    }
                    try await eventually("both") { all.count == 2 }
                    #expect(all.records.map(v) == ["early", "late"])
                    #expect(all.records[0].record.id > all.records[1].record.id)
                }
            }
        }
    }
}
