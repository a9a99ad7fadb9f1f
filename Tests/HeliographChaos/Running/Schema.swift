import Heliograph

/// The tables of a scenario.
///
/// `account` is captured. Its versions are counted by ordinary triggers, for each key without a gap, also over
/// deletions; `truth` says which there were, in the same transactions. The log is not asked.
enum Schema {
    /// Rows with keys below zero, written only to see when all lanes are served: enough for each lane to have one.
    static let probes = 64

    /// So many pairs of rows are updated by several subscriptions.
    static let sharedPairs: Int64 = 8

    static func prepare(on connection: Connection) async throws {
        try await Migrator().migrate(on: connection)
        try await connection.runScript(unsafe: tables)
        try await connection.runScript(unsafe: triggers)
        try await Attachments().attach("account", on: connection)
    }

    private static let tables = """
        CREATE TABLE account (
            id bigint PRIMARY KEY, version bigint NOT NULL DEFAULT 0, amount bigint NOT NULL DEFAULT 0);
        CREATE TABLE truth (key bigint NOT NULL, version bigint NOT NULL, operation text NOT NULL,
            transaction xid8 NOT NULL DEFAULT pg_current_xact_id(), PRIMARY KEY (key, version));
        CREATE TABLE effect (number bigserial, receiver text NOT NULL, key bigint NOT NULL, version bigint NOT NULL,
            operation text NOT NULL, record bigint NOT NULL, worker text NOT NULL, revision int NOT NULL);
        CREATE TABLE balance (receiver text, key bigint, changes bigint NOT NULL, version bigint NOT NULL,
            PRIMARY KEY (receiver, key));
        CREATE TABLE shared (id bigint PRIMARY KEY, touches bigint NOT NULL DEFAULT 0);
        INSERT INTO shared SELECT generate_series(0, 2 * \(sharedPairs) - 1);
        CREATE TABLE hand_place (lo text NOT NULL, hi text, last_id bigint NOT NULL, version bigint NOT NULL);
        INSERT INTO hand_place VALUES ('1:1:', NULL, 0, 1);
        """

    private static let triggers = """
        CREATE FUNCTION next_version(wanted bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            -- Whoever deletes the row holds this until it commits: so its version is seen here.
            PERFORM pg_advisory_xact_lock(wanted);
            RETURN (SELECT coalesce(max(version), 0) + 1 FROM truth WHERE key = wanted);
        END $$;
        CREATE FUNCTION number_account() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                PERFORM pg_advisory_xact_lock(OLD.id);
                RETURN OLD;
            END IF;
            IF TG_OP = 'UPDATE' AND OLD.id = NEW.id THEN
                NEW.version := OLD.version + 1;
            ELSE
                IF TG_OP = 'UPDATE' THEN PERFORM pg_advisory_xact_lock(OLD.id); END IF;
                NEW.version := next_version(NEW.id);
            END IF;
            RETURN NEW;
        END $$;
        CREATE FUNCTION note_account() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD.id <> NEW.id THEN
                INSERT INTO truth (key, version, operation) VALUES (OLD.id, OLD.version + 1, 'delete');
            END IF;
            IF TG_OP <> 'DELETE' THEN
                INSERT INTO truth (key, version, operation) VALUES (NEW.id, NEW.version,
                    CASE WHEN TG_OP = 'UPDATE' AND OLD.id = NEW.id THEN 'update' ELSE 'insert' END);
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER number BEFORE INSERT OR UPDATE OR DELETE ON account
            FOR EACH ROW EXECUTE FUNCTION number_account();
        CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON account
            FOR EACH ROW EXECUTE FUNCTION note_account();
        """
}
