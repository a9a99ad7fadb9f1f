import Foundation

/// The path of a program of the same build as this one, such as `bookshop-worker`.
///
/// They lie in one folder; `HELIOGRAPH_BIN_DIR` names another one.
///
/// - Parameter name: The program's name.
/// - Throws: ``RunningProgramError`` if it is not there.
public func programPath(_ name: String) throws -> String {
    let own = Bundle.main.executablePath ?? CommandLine.arguments[0]
    let folder =
        ProcessInfo.processInfo.environment["HELIOGRAPH_BIN_DIR"].flatMap { $0.isEmpty ? nil : $0 }
        ?? URL(fileURLWithPath: own).resolvingSymlinksInPath().deletingLastPathComponent().path
    let path = "\(folder)/\(name)"
    guard FileManager.default.isExecutableFile(atPath: path) else {
        throw RunningProgramError("there is no program \(name) in \(folder): build it, or set HELIOGRAPH_BIN_DIR")
    }
    return path
}
