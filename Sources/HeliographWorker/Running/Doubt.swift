import HeliographPostgres

/// Nobody but the database knows whether a batch was committed: forget what is in memory and read the positions again.
struct Doubt: Error {
    let error: any Error
}

/// The server refused a batch at its end, because of a deferred constraint for example: it has not happened.
struct BatchRefused: Error {
    let error: PostgresError
}
