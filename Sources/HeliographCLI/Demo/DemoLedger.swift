import Heliograph

/// The demonstration's own books, apart from the log: what was written, and each effect at the moment it happens.
///
/// The tables of effects have unique keys, so they cannot show an effect that was applied twice. The trigger below notes every
/// attempt that is committed, also one that a unique key made void.
struct DemoLedger: Sendable {
    /// One line of the table at the end.
    struct Line: Sendable {
        let through: String
        let table: String
        let written: Int
        /// How many of them are gone again.
        let deleted: Int
        let mirrored: Int
        let effects: Int
        let lost: Int
        let doubled: Int
    }

    static let script = """
        CREATE SCHEMA demo;
        CREATE TABLE demo.written (through text NOT NULL, sender text NOT NULL, key bigint NOT NULL);
        CREATE TABLE demo.effect (sender text NOT NULL, key bigint NOT NULL);
        CREATE FUNCTION demo.note_effect() RETURNS trigger LANGUAGE plpgsql AS $function$
        BEGIN
            INSERT INTO demo.effect VALUES (TG_ARGV[0], (to_jsonb(NEW) ->> TG_ARGV[1])::bigint);
            RETURN NEW;
        END
        $function$;
        CREATE TRIGGER demo_note_effect BEFORE INSERT ON public.profiles
            FOR EACH ROW EXECUTE FUNCTION demo.note_effect('public.users', 'user_id');
        CREATE TRIGGER demo_note_effect BEFORE INSERT ON public.summaries
            FOR EACH ROW EXECUTE FUNCTION demo.note_effect('public.books', 'book_id');
        """

    /// Notes what has just been written, by the tables themselves.
    /// - Parameter through: the way it was written.
    static func noting(_ through: String, users prefix: String) -> String {
        """
        INSERT INTO demo.written
        SELECT '\(through)', 'public.users', id FROM public.users
        WHERE username LIKE '\(prefix)%'
            AND NOT EXISTS (SELECT FROM demo.written WHERE sender = 'public.users' AND key = id);
        INSERT INTO demo.written
        SELECT '\(through)', 'public.books', id FROM public.books
        WHERE title LIKE '\(prefix)%'
            AND NOT EXISTS (SELECT FROM demo.written WHERE sender = 'public.books' AND key = id);
        """
    }

    /// What became of all that was written.
    ///
    /// Lost: a key that has no record, or a living row without its effect. Doubled: a record or an effect too many.
    static func lines(on connection: Connection) async throws -> [Line] {
        let rows = try await connection.query(
            """
            WITH living AS (
                SELECT 'public.users' AS sender, id AS key FROM public.users
                UNION ALL SELECT 'public.books', id FROM public.books
            ), mirrored AS (
                SELECT sender, (key ->> 'id')::bigint AS key, count(*) AS records
                FROM heliograph.signal_log
                WHERE operation = 'insert' AND sender IN ('public.users', 'public.books') GROUP BY 1, 2
            ), effect AS (
                SELECT sender, key, count(*) AS attempts FROM demo.effect GROUP BY 1, 2
            ), held AS (
                SELECT 'public.users' AS sender, user_id AS key FROM public.profiles
                UNION ALL SELECT 'public.books', book_id FROM public.summaries
            )
            SELECT through, sender, count(*),
                count(*) FILTER (WHERE living.key IS NULL),
                coalesce(sum(records), 0)::bigint,
                coalesce(sum(attempts), 0)::bigint,
                count(*) FILTER (WHERE records IS NULL OR (living.key IS NOT NULL AND held.key IS NULL)),
                sum(greatest(coalesce(records, 0) - 1, 0) + greatest(coalesce(attempts, 0) - 1, 0))::bigint
            FROM demo.written
            LEFT JOIN living USING (sender, key)
            LEFT JOIN mirrored USING (sender, key)
            LEFT JOIN effect USING (sender, key)
            LEFT JOIN held USING (sender, key)
            GROUP BY through, sender
            ORDER BY min(written.ctid)
            """
        )
        return try rows.map { row in
            Line(
                through: try row.decode(0), table: try row.decode(1), written: try row.decode(2),
                deleted: try row.decode(3), mirrored: try row.decode(4), effects: try row.decode(5),
                lost: try row.decode(6), doubled: try row.decode(7)
            )
        }
    }

    /// Whether all that was written so far has had its effect, as the tables tell.
    static func isSettled(on connection: Connection) async throws -> Bool {
        let rows = try await connection.query(
            """
            SELECT NOT EXISTS (SELECT FROM users WHERE NOT EXISTS (SELECT FROM profiles WHERE user_id = users.id))
                AND NOT EXISTS (SELECT FROM books WHERE NOT EXISTS (SELECT FROM summaries WHERE book_id = books.id))
            """
        )
        return try rows.first?.decode(0, as: Bool.self) ?? false
    }
}
