/// What a receiver that acts on the outside world (e-mail, webhooks, other services) needs to know beside the record.
///
/// No transaction is held while it runs. **It is called at least once for each change**: after a crash, a lost connection or a
/// failure it is called again for changes it has been called for before. So hand ``idempotencyKey`` on to whoever can use it to do
/// things once. What it was called for had been made durable before.
///
/// Calls of one row are made in order, each when the one before has ended, or was given up at its time limit. A worker that was frozen in a call may wake after its
/// successor has made later ones: who must know compares ``fencingToken``.
public struct ExternalCall: Sendable, Hashable {
    /// Names the change: the same in all tries, and another one after the subscription has been rewound. A batch's is that of its
    /// first record, with the number of records.
    public let idempotencyKey: String
    /// Of the calls for one row the later has the higher; the record's number.
    public let fencingToken: Int64
    /// How often it has failed before, so far as is known.
    public let failures: Int
}
