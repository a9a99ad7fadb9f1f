/// Who does something in a simulation.
enum Participant: CustomStringConvertible {
    case server
    case session(Int)
    case writer(Int)
    case worker(Int)
    case person
    case housekeeper

    var code: Int {
        switch self {
        case .server: 1
        case .person: 2
        case .housekeeper: 3
        case .writer(let number): 10 + number
        case .worker(let number): 20 + number
        case .session(let serial): 100 + serial
        }
    }

    var description: String {
        switch self {
        case .server: "server"
        case .person: "person"
        case .housekeeper: "housekeeper"
        case .writer(let number): "writer \(number)"
        case .worker(let number): "worker \(number)"
        case .session(let serial): "session \(serial)"
        }
    }
}
