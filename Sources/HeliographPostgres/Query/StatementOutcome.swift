/// What came of one statement of a pipeline.
public enum StatementOutcome: Sendable {
    /// It ran. In a pipeline that is one transaction an error of another statement has undone it all the same.
    case rows(Rows)
    case failed(PostgresError)
    /// An earlier statement failed, so that this one was not looked at.
    case skipped
}
