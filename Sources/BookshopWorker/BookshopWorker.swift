import HeliographProgram

/// The `bookshop-worker` command.
@main
enum BookshopWorker {
    static func main() async { await Program.run(WorkerCommand.self) }
}
