import ArgumentParser
import Foundation
import Heliograph
import HeliographOutbound
import HeliographProbes
import HeliographProgram
import Logging

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Hand records to a command or a webhook, durably: at least once, in order per row.",
        discussion: """
            --exec: the command (for /bin/sh) is run for each batch, with the records as JSON lines on its standard input; exit status 0
            acknowledges them. HELIOGRAPH_BATCH_ID is the same each time a batch is tried.
            --webhook: the records are posted as a JSON array, signed as Standard Webhooks are with the secret in
            HELIOGRAPH_WEBHOOK_SECRET; a status of 2xx acknowledges them; 429 and 503 with Retry-After are heeded.
            A batch that fails is halved until the record to blame is alone; that one is tried again later, those of its row behind it.
            Any number of processes share the work of one NAME.
            """
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var service: ServiceOptions
    @OptionGroup var waking: WakeOptions
    @OptionGroup var probes: ProbeOptions

    @Argument(help: "The subscription: its place in the log is kept under this name.") var name: String

    @Option(
        help: ArgumentHelp(
            "A table, and what of it: users, users:created, users:updated,deleted. Default: created, updated and deleted. May be repeated.",
            valueName: "table[:changes]"))
    var on: [SourceArgument]

    @Option(help: "The command.") var exec: String?
    @Option(help: "The URL.") var webhook: String?

    @Option(help: "Where a new subscription begins: now, beginning (of the log) or backfill (the rows there are).")
    var start: SubscriptionStartArgument = .init(start: .now)
    @Option(help: "So many batches at the same time in this process, of different rows.") var concurrency = 1
    @Option(help: "At most so many records in a batch.") var batch = 100
    @Option(help: "How often a record is tried before it is a dead letter.") var maxAttempts = 20
    @Option(help: "So long a batch may take: 30s, 5m.") var timeout: DurationArgument = .init(argument: "30s") ?? .week
    @Option(help: "The declaration's number: raise it when --on changes.") var revision = 1
    @Flag(help: "End when the log is drained; exit status 1 if a record was parked.") var once = false

    @Flag(help: "Send to the webhook without a signature.") var unsigned = false
    @Flag(help: "Allow a webhook by http, which everybody on the way can read.") var allowHttp = false
    @Flag(help: "Allow a webhook at an address that is not on the public internet.") var allowPrivate = false

    func validate() throws {
        guard (exec == nil) != (webhook == nil) else {
            throw ValidationError("say where the records go: either --exec or --webhook")
        }
        guard !on.isEmpty else { throw ValidationError("say what to hear of: --on TABLE") }
        for (option, value) in [
            ("concurrency", concurrency), ("batch", batch), ("max-attempts", maxAttempts), ("revision", revision),
        ] where value < 1 {
            throw ValidationError("--\(option) takes a number from 1 on, not \(value)")
        }
        guard timeout.duration > .zero, timeout.duration <= .seconds(86_400) else {
            throw ValidationError("--timeout takes a time from 1s to 1d, not \(timeout.text)")
        }
    }

    func run() async throws {
        let schema = try database.schemaName
        let logger = Terminal.logger("heliograph.run", level: .info)
        let configuration = try database.connectionConfiguration()
        let target = try makeTarget()
        let tables = on.map(\.table)
        let senders = try await database.withConnection(configuration) { connection in
            try await Migrator(schema: schema).check(on: connection)
            return try await Attachments(schema: schema).senders(of: tables, on: connection)
        }
        let sources = zip(on, senders).map { argument, sender in
            RecordFilter.Source(sender: sender, operations: argument.changes.map(\.operation))
        }
        let subscription = Subscription(
            name, externalBatchesOf: sources, revision: revision, start: start.start,
            retry: RetryPolicy(maximumAttempts: maxAttempts),
            // The target gives up first.
            timeout: timeout.duration + .seconds(15), concurrency: concurrency
        ) { records, call in
            let batch = OutboundBatch(
                id: call.idempotencyKey, lines: records.map(\.json), attempt: call.failures + 1)
            do {
                try await target.deliver(batch)
            } catch let failure as OutboundFailure {
                if let duration = failure.retryAfter { throw Unavailable(for: duration, failure.reason) }
                throw failure
            }
        }
        var settings = WorkerConfiguration(
            schema: schema, batchSize: batch, pollInterval: waking.interval, origin: Origin.ofThisProcess,
            pollOnly: waking.pollOnly)
        settings.batchTime = .seconds(5)
        let worker = Worker([subscription], database: configuration, configuration: settings, logger: logger)
        logger.info("\(name) hears of \(senders.joined(separator: ", "))")
        let answering = try probes.services(for: worker.health, configuration, schema: schema, logger: logger)
        guard once else { return try await service.run(answering + [worker], logger: logger) }
        let draining = Draining(worker: worker)
        try await service.runToEnd(draining, beside: answering, logger: logger)
        let outcome = draining.report?.subscriptions[name]
        logger.info("\(name): \(outcome?.received ?? 0) acknowledged, \(outcome?.parked ?? 0) parked")
        if outcome?.parked ?? 0 > 0 { throw ExitStatus.failed }
    }

    private func makeTarget() throws -> any OutboundTarget {
        if let exec { return try Command(exec, configuration: .init(timeout: timeout.duration)) }
        return try Webhook(
            webhook ?? "",
            configuration: .init(
                secret: ProcessInfo.processInfo.environment["HELIOGRAPH_WEBHOOK_SECRET"], unsigned: unsigned,
                connectTimeout: min(timeout.duration, .seconds(10)), timeout: timeout.duration,
                allowInsecure: allowHttp, allowPrivate: allowPrivate))
    }
}
