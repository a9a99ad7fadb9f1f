import Foundation
import Heliograph
import HeliographTesting
import Testing

/// Random sequences of saves, updates, deletions, savepoints and rollbacks, beside a model of them in memory: rows, signals and after-commit hooks
/// must agree. A seed names a sequence.
@Suite("Random writing, beside a model of it")
struct WritingPropertyTests {
    struct Refusal: Error {}

    /// What should be there, and what should have been heard.
    struct World: Equatable {
        /// Names by key. No two are the same.
        var rows: [Int64: String] = [:]
        var signals: [String] = []
        var hooks: [String] = []
    }

    /// One sequence, against the database and the model at once.
    private final class Run {
        var random: SeededGenerator
        /// As the transaction should see it.
        var world = World()
        let heard: Locked<[String]>
        let committed: Locked<[String]>
        private var hookNumber = 0

        init(seed: UInt64, _ heard: Locked<[String]>, _ committed: Locked<[String]>) {
            random = SeededGenerator(seed: seed)
            self.heard = heard
            self.committed = committed
        }

        private var name: String { "n\(Int.random(in: 0..<12, using: &random))" }
        private var key: Int64? { world.rows.keys.sorted().randomElement(using: &random) }

        /// Some steps in a transaction or savepoint.
        func steps(_ tx: Transaction, depth: Int, _ trace: inout [String]) async throws {
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                switch Int.random(in: 0..<13, using: &random) {
                case 0...2: try await create(tx, &trace)
                case 3...4: try await change(tx, &trace)
                case 5: try await changePart(tx, &trace)
                case 6: try await remove(tx, &trace)
                case 7: try await upsert(tx, &trace)
                case 8: try await insertMany(tx, &trace)
                case 9: try await updateQuery(tx, &trace)
                case 10: try await removeQuery(tx, &trace)
                case 11: try hook(tx, &trace)
                default: if depth < 3 { try await savepoint(tx, depth: depth, &trace) }
                }
            }
        }

        /// Runs what may be refused, by the model's unique names, in a savepoint of its own: the model is as before if it is.
        private func attempt(
            _ tx: Transaction, _ what: String, _ trace: inout [String], isRefused: Bool, _ body: () async throws -> Void
        ) async throws {
            trace.append(what)
            guard isRefused else { return try await body() }
            let before = world
            let failure = await #expect(throws: ValidationFailure.self, "\(trace)") {
                try await tx.savepoint { _ in try await body() }
            }
            #expect(failure?.fields.contains { $0.code == "unique" } == true)
            // What the preSave receivers heard cannot be unheard; hooks are gone with the savepoint.
            world.rows = before.rows
            world.hooks = before.hooks
        }

        private func isTaken(_ name: String, except key: Int64? = nil) -> Bool {
            world.rows.contains { $0.value == name && $0.key != key }
        }

        private func note(_ moment: String, _ name: String, created: Bool) {
            world.signals.append("\(moment) \(name) \(created)")
        }
        private func noteWrite(_ name: String, created: Bool) {
            note("post", name, created: created)
            world.hooks.append("commit \(name) \(created ? "created" : "updated")")
        }

        private func create(_ tx: Transaction, _ trace: inout [String]) async throws {
            let name = name
            let isRefused = isTaken(name)
            try await attempt(tx, "create \(name)", &trace, isRefused: isRefused) {
                note("pre", name, created: true)
                var label = Label(name: name)
                try await tx.save(&label)
                noteWrite(name, created: true)
                world.rows[label.id ?? -1] = name
            }
        }

        private func change(_ tx: Transaction, _ trace: inout [String]) async throws {
            guard let key else { return }
            let name = name
            try await attempt(tx, "change \(key) to \(name)", &trace, isRefused: isTaken(name, except: key)) {
                note("pre", name, created: false)
                var label = Label(id: key, name: name)
                try await tx.save(&label)
                noteWrite(name, created: false)
                world.rows[key] = name
            }
        }

        private func changePart(_ tx: Transaction, _ trace: inout [String]) async throws {
            guard let key, let old = world.rows[key] else { return }
            let name = name
            try await attempt(tx, "load \(key), change to \(name)", &trace, isRefused: isTaken(name, except: key)) {
                var label = Loaded(try #require(try await tx.find(Label.self, key)))
                #expect(label.name == old)
                label.name = name
                note("pre", name, created: false)
                let isWritten = try await tx.save(&label)
                #expect(isWritten == (name != old))
                if name != old { noteWrite(name, created: false) }
                world.rows[key] = name
            }
        }

        private func remove(_ tx: Transaction, _ trace: inout [String]) async throws {
            guard let key, let name = world.rows[key] else { return }
            trace.append("delete \(key)")
            try await tx.delete(Label(id: key, name: name))
            world.signals += ["preDelete \(name)", "postDelete \(name)"]
            world.hooks.append("commit \(name) deleted")
            world.rows[key] = nil
        }

        private func upsert(_ tx: Transaction, _ trace: inout [String]) async throws {
            let name = name
            trace.append("upsert \(name)")
            let isNew = !isTaken(name)
            var label = Label(name: name)
            let wasNew = try await tx.upsert(&label, on: \.name)
            #expect(wasNew == isNew, "\(trace)")
            note("pre", name, created: isNew)
            noteWrite(name, created: isNew)
            world.rows[label.id ?? -1] = name
        }

        private func insertMany(_ tx: Transaction, _ trace: inout [String]) async throws {
            let names = (0..<Int.random(in: 1...3, using: &random)).map { _ in name }
            let isRefused = names.contains { isTaken($0) } || Set(names).count < names.count
            try await attempt(tx, "insert \(names)", &trace, isRefused: isRefused) {
                for name in names { note("pre", name, created: true) }
                var labels = names.map { Label(name: $0) }
                try await tx.insert(&labels)
                #expect(labels.map(\.name) == names)
                for label in labels {
                    noteWrite(label.name, created: true)
                    world.rows[label.id ?? -1] = label.name
                }
            }
        }

        private func updateQuery(_ tx: Transaction, _ trace: inout [String]) async throws {
            guard let key else { return }
            let name = name
            try await attempt(tx, "update where id = \(key) to \(name)", &trace, isRefused: isTaken(name, except: key))
            {
                note("pre", name, created: false)
                let count = try await tx.update(Label.where { $0.id == key }.set(\.name, to: name))
                #expect(count == 1)
                noteWrite(name, created: false)
                world.rows[key] = name
            }
        }

        private func removeQuery(_ tx: Transaction, _ trace: inout [String]) async throws {
            let prefix = "n\(Int.random(in: 0...1, using: &random))"
            trace.append("delete where name like \(prefix)%")
            let gone = world.rows.filter { $0.value.hasPrefix(prefix) }
            let count = try await tx.delete(Label.where { $0.name.hasPrefix(prefix) })
            #expect(count == gone.count, "\(trace)")
            // The order is the server's: as it was heard.
            let order = heard.value.suffix(gone.count).map { $0.replacing("postDelete ", with: "") }
            #expect(Set(order) == Set(gone.values), "\(trace)")
            world.signals += order.map { "preDelete \($0)" } + order.map { "postDelete \($0)" }
            world.hooks += order.map { "commit \($0) deleted" }
            for key in gone.keys { world.rows[key] = nil }
        }

        private func hook(_ tx: Transaction, _ trace: inout [String]) throws {
            hookNumber += 1
            let name = "hook \(hookNumber)"
            trace.append(name)
            let committed = committed
            try tx.afterCommit { committed.change { $0.append(name) } }
            world.hooks.append(name)
        }

        private func savepoint(_ tx: Transaction, depth: Int, _ trace: inout [String]) async throws {
            let before = world
            let isUndone = Bool.random(using: &random)
            trace.append(isUndone ? "savepoint, to be undone {" : "savepoint {")
            do {
                try await tx.savepoint { tx in
                    try await steps(tx, depth: depth + 1, &trace)
                    if isUndone { throw Refusal() }
                }
            } catch is Refusal {
                world.rows = before.rows
                world.hooks = before.hooks
            }
            trace.append("}")
            let rows = try await rows(tx)
            #expect(rows == world.rows, "\(trace)")
        }

        func rows(_ reader: some ModelReader) async throws -> [Int64: String] {
            Dictionary(uniqueKeysWithValues: try await reader.all(Label.query).map { ($0.id ?? -1, $0.name) })
        }
    }

    private func connect(_ signals: ModelSignals, _ heard: Locked<[String]>, _ committed: Locked<[String]>) {
        @Sendable func note(_ words: String) { heard.change { $0.append(words) } }
        signals.preSave(Label.self).connect("p") { note("pre \($0.instance.name) \($0.created)") }
        signals.postSave(Label.self).connect("p") { note("post \($0.instance.name) \($0.created)") }
        signals.preDelete(Label.self).connect("p") { note("preDelete \($0.instance.name)") }
        signals.postDelete(Label.self).connect("p") { note("postDelete \($0.instance.name)") }
        signals.afterCommit(Label.self).connect("p") { change in
            let words = "commit \(change.instance.name) \(change.change)"
            committed.change { $0.append(words) }
        }
    }

    @Test("State, signals and hooks agree", arguments: 0..<12)
    func agree(group: Int) async throws {
        let (heard, committed) = (Locked<[String]>([]), Locked<[String]>([]))
        try await Library.with {
            connect($0, heard, committed)
        } _: { _, database in
            for number in 0..<25 {
                let seed = UInt64(group * 1_000 + number)
                let run = Run(seed: seed, heard, committed)
                run.world.rows = try await run.rows(database)
                var trace = ["seed \(seed)"]
                heard.change { $0 = [] }
                committed.change { $0 = [] }
                let before = run.world
                let isUndone = Int.random(in: 0..<4, using: &run.random) == 0
                do {
                    try await database.transaction { tx in
                        try await run.steps(tx, depth: 0, &trace)
                        if isUndone { throw Refusal() }
                    }
                } catch is Refusal {
                    run.world.rows = before.rows
                    run.world.hooks = []
                }
                let rows = try await run.rows(database)
                #expect(rows == run.world.rows, "\(trace)")
                #expect(heard.value == run.world.signals, "\(trace)")
                #expect(committed.value == run.world.hooks, "\(trace)")
                guard rows == run.world.rows, heard.value == run.world.signals, committed.value == run.world.hooks
                else { return }
            }
        }
    }
}
