import Glibc
import Jobs

/// How many files and connections this process may have open.
enum DescriptorLimit {
    /// To start another process, Foundation closes the numbers below this in it one by one, and fails where there cannot be so
    /// many.
    static let leastForChildren = 256

    /// Raises it as far as the system allows without being asked: each worker is a connection.
    ///
    /// - Returns: what it is now.
    @discardableResult
    static func raise() -> Int {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        // Cannot fail: there is such a limit.
        getrlimit(resource, &limit)
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            setrlimit(resource, &limit)
            getrlimit(resource, &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Makes sure that other processes can be started.
    ///
    /// - Throws: `Refusal` with what to do.
    static func requireRoomForChildren() throws {
        let found = raise()
        guard found < leastForChildren else { return }
        throw Refusal(
            """
            Worker processes can be started only where at least \(leastForChildren) files may be open at once, and here that is \
            \(found). Allow more (`ulimit -n \(leastForChildren)`), or train without them: --workers 0.
            """
        )
    }
}
