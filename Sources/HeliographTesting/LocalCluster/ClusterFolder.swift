import Foundation

/// The folder of one private cluster: data, socket, log, and who owns it.
///
/// The owner holds a lock on the file `owner` for as long as it lives. The kernel releases the lock however the process
/// ends, so an unlocked file marks a folder that was left behind, with no guessing from process identifiers.
struct ClusterFolder: Hashable, Sendable {
    let path: String

    /// The server's data directory.
    var data: String { "\(path)/data" }

    /// The server's log.
    var log: String { "\(path)/server.log" }

    /// The locked file; it holds the owner's process identifier, for people who look.
    var owner: String { "\(path)/owner" }

    private static let prefix = "heliograph-cluster-"

    /// The longest path of a folder: a socket's path is limited to 103 bytes on macOS, `/.s.PGSQL.5432` takes 14.
    private static let longestPath = 85

    /// Where Linux keeps files in memory: databases that come and go cost a file system on a disk more than all else in a test.
    private static let memory = "/dev/shm"

    /// So much must be free there; a full run of this project's tests takes less than 1 GiB at a time.
    private static let memoryNeeded: UInt64 = 4 << 30

    /// Makes a folder that belongs to the account, and locks it for this process.
    /// - Parameter durable: Whether the disk must hold it.
    static func make(
        for account: ServerAccount, durable: Bool
    ) throws(LocalClusterError) -> (folder: ClusterFolder, lock: OwnerLock) {
        let base = base(for: account, durable: durable)
        var template = Array("\(base)/\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw LocalClusterError(.folderFailed, "cannot make a folder in \(base): \(lastSystemError())")
        }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let folder = ClusterFolder(path: path)
        do throws(LocalClusterError) {
            // Locked under another name first: whoever sees the file `owner` sees it locked.
            let unfinished = "\(folder.owner).new"
            guard let lock = OwnerLock(creating: unfinished) else {
                throw LocalClusterError(.folderFailed, "cannot lock \(unfinished): \(lastSystemError())")
            }
            guard rename(unfinished, folder.owner) == 0 else {
                throw LocalClusterError(.folderFailed, "cannot rename \(unfinished): \(lastSystemError())")
            }
            if account.isOther, chown(path, account.userID, account.groupID) != 0 {
                throw LocalClusterError(.folderFailed, "cannot hand over \(path): \(lastSystemError())")
            }
            return (folder, lock)
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
    }

    /// The folders of clusters whose owner has died, each with its lock taken, so that only one process clears it.
    ///
    /// A folder without the file `owner` is not touched: it is being made right now, or it is no cluster's. Only
    /// folders that belong to the account are looked at: a temporary folder is shared with strangers.
    static func abandoned(by account: ServerAccount) -> [(folder: ClusterFolder, lock: OwnerLock)] {
        var found: [(folder: ClusterFolder, lock: OwnerLock)] = []
        for base in Set([base(for: account, durable: true), "/tmp", memory]) {
            let entries = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
            for entry in entries where entry.hasPrefix(prefix) {
                let folder = ClusterFolder(path: "\(base)/\(entry)")
                guard let status = folder.status, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == account.userID,
                    let lock = OwnerLock(existing: folder.owner)
                else { continue }
                found.append((folder, lock))
            }
        }
        return found
    }

    /// Whether the folder is still there.
    var exists: Bool { status != nil }

    /// What the file system says about the path itself: a link may point to a folder that is nobody's to clear.
    private var status: stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    /// The temporary folder, if the account can use it and a socket's path in it is short enough. What need not last is in memory
    /// where there is plenty, unless the environment names a folder.
    private static func base(for account: ServerAccount, durable: Bool) -> String {
        let named = account.isOther ? nil : ProcessInfo.processInfo.environment["TMPDIR"]
        guard var path = named else { return !durable && hasMemory ? memory : "/tmp" }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let fits = path.utf8.count + 1 + prefix.utf8.count + 6 <= longestPath
        return path.hasPrefix("/") && fits ? path : "/tmp"
    }

    private static var hasMemory: Bool {
        var status = statvfs()
        guard statvfs(memory, &status) == 0, access(memory, W_OK) == 0 else { return false }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize) >= memoryNeeded
    }
}

/// What the last failed system call says, in words.
func lastSystemError() -> String {
    String(cString: strerror(errno))
}
