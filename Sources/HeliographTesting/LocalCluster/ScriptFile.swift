import Foundation

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// A text as a program's standard input: a file without a name.
///
/// Not a pipe: a program that ends before it has read all would leave its writer with an error, and Subprocess 1.0 crashes
/// on that.
enum ScriptFile {
    /// - Returns: An open file with the text, to be read from its start.
    static func open(_ text: String) throws(LocalClusterError) -> FileDescriptor {
        var template = Array("\(NSTemporaryDirectory())/heliograph-script-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else {
            throw LocalClusterError(.folderFailed, "cannot make a temporary file: \(lastSystemError())")
        }
        unlink(template)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let file = FileDescriptor(rawValue: descriptor)
        do {
            try file.writeAll(text.utf8)
            try file.seek(offset: 0, from: .start)
            return file
        } catch {
            try? file.close()
            throw LocalClusterError(.folderFailed, "cannot write a temporary file: \(error)")
        }
    }
}
