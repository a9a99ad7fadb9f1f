extension ParityShape {
    /// Tables that are captured in another way than others: row by row, or with an eye on what runs inside of a statement.
    static let triggers: [ParityShape] =
        (keys.filter { ["integer key", "key of odd types", "numeric key"].contains($0.name) }
        + columns.filter { $0.name != "200 columns" }
        + values.filter { ["times", "types of one's own"].contains($0.name) }).map(\.always)
        + keys.filter { ["integer key", "composite key, not in the columns' order"].contains($0.name) }.map(\.watched)

    private var always: ParityShape {
        var shape = self
        shape.name += ", always"
        shape.isAlways = true
        return shape
    }

    /// With AFTER triggers of its own, which might write to it.
    private var watched: ParityShape {
        var shape = self
        shape.name += ", with triggers"
        shape.afterwards += """
            CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS
                $watch$ BEGIN PERFORM FROM \(table); RETURN NULL; END $watch$;
            CREATE TRIGGER a_watch AFTER INSERT OR UPDATE OR DELETE ON \(table) FOR EACH ROW EXECUTE FUNCTION watch();
            CREATE TRIGGER z_watch AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON \(table)
                FOR EACH STATEMENT EXECUTE FUNCTION watch();
            """
        return shape
    }
}
