/// How a write has come about.
public enum WriteOrigin: Sendable {
    /// The program has saved or deleted this very instance.
    case instance
    /// It is one of many that the program has inserted together.
    case bulk
    /// It is one of the rows of a query that the program has updated or deleted.
    case query
    /// Its row refers to one that is deleted, and goes with it: the instance that the program, or its query, has deleted.
    case cascade(from: any Model)
}
