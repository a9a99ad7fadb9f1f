import Heliograph

/// A way of writing: how it does an operation to rows of any shape.
///
/// The rows to write, as they are to become, are in `parity.todo` (see ``ParityRig``), so that most paths need only say how.
struct ParityPath: Sendable {
    /// Where a path's statements run.
    enum Session: Sendable {
        /// In the session of all such paths, with the plans that the others have left.
        case shared
        case new
        /// In a new session of a role that has no right on the log.
        case stranger
    }

    /// What belongs to a path beside its statements.
    struct Around: Sendable {
        /// Once, before the first mix, and after the last.
        var prepare: @Sendable (ParitySQL) -> String = { _ in "" }
        var finish: @Sendable (ParitySQL) -> String = { _ in "" }
        /// Before each mix, unrecorded.
        var arrange: @Sendable (ParitySQL) -> String = { _ in "" }
    }

    var name: String
    /// Those that a shape cannot do are left out.
    var mixes: [ParityMix] = .singly
    var suits: @Sendable (ParityShape) -> Bool = { _ in true }
    var session = Session.shared
    /// Whether it attaches the table again.
    var attaches = false
    var around = Around()
    var run: @Sendable (ParityRig, ParityMix) async throws -> Void

    /// A path that is scripts, each of which is a transaction unless it says otherwise.
    static func scripts(
        _ name: String, _ mixes: [ParityMix] = .singly, session: Session = .shared,
        suits: @escaping @Sendable (ParityShape) -> Bool = { _ in true }, around: Around = Around(),
        _ scripts: @escaping @Sendable (ParitySQL, ParityMix) -> [String]
    ) -> ParityPath {
        ParityPath(name: name, mixes: mixes, suits: suits, session: session, around: around) { rig, mix in
            for script in scripts(rig.sql, mix) { try await rig.writer.runScript(unsafe: script) }
        }
    }

    /// All ways, of which each shape goes those that suit it.
    static let all = statements + programs + sessions + transactions + references
}
