import HeliographProgram

/// The `bookshop-server` command.
@main
enum BookshopServer {
    static func main() async { await Program.run(ServerCommand.self) }
}
