import Foundation

/// The name by which a process's writes are known in the signal log.
public enum Origin {
    /// Program, host, process and a random part: process numbers come again, in containers nearly always.
    public static let ofThisProcess: String = {
        let suffix = String(UInt32.random(in: .min ... .max), radix: 36)
        return
            "\(Terminal.name)@\(ProcessInfo.processInfo.hostName)/\(ProcessInfo.processInfo.processIdentifier)-\(suffix)"
    }()
}
