import Foundation
import Jobs
import Wire

/// A place of this machine that only this user can reach, where a coordinator and its children meet.
struct MeetingPlace {
    private let folder: String

    /// Makes it.
    ///
    /// - Parameter given: Where temporary files lie, as the user says; nil for the usual place.
    /// - Throws: `Refusal` when there is no room for it.
    init(in given: String? = ProcessInfo.processInfo.environment["TMPDIR"]) throws(Refusal) {
        let parent = URL(fileURLWithPath: given ?? "/tmp").path
        let name = "\(parent)/troupe-XXXXXX"
        guard (try? Address("ipc://\(name)\(Self.socket)")) != nil else {
            throw Refusal("\(parent): the path is too long for a socket. Set TMPDIR to a folder with a shorter one.")
        }
        var template = Array(name.utf8CString)
        guard let made = template.withUnsafeMutableBufferPointer({ $0.baseAddress.flatMap { mkdtemp($0) } }) else {
            let reason = String(cString: strerror(errno)).lowercased()
            let origin =
                switch given {
                case nil: "Set TMPDIR"
                case parent?: "TMPDIR names it: set it"
                case let given?: "TMPDIR is '\(given)', which begins in the current folder: set it"
                }
            throw Refusal(
                "\(parent): no folder for temporary files can be made there: \(reason). \(origin) to the whole path of a folder "
                    + "that exists and that you may write to."
            )
        }
        folder = String(cString: made)
    }

    /// Where to listen.
    var address: String { "ipc://\(folder)\(Self.socket)" }

    /// Removes it.
    func remove() { Self.remove(at: .ipc(folder + Self.socket)) }

    /// Removes the place that an address names, if there is one left. Children do it when their parent was killed.
    static func remove(at address: Address) {
        guard case .ipc(let path) = address, path.hasSuffix(socket) else { return }
        unlink(path)
        // Fails, rightly, when something else lies in it.
        rmdir(String(path.dropLast(socket.count)))
    }

    private static let socket = "/coordinator"
}
