import Glibc
import Jobs

/// How many files and connections this process may have open.
enum DescriptorLimit {
    /// To start another process, Foundation closes the numbers below this in it one by one, and fails where there cannot be so
    /// many.
    static let leastForChildren = 256

    /// Raises it as far as the system allows without being asked: each worker is a connection.
    static func raise() {
        var limit = current
        guard limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }

    /// Makes sure that other processes can be started.
    ///
    /// - Throws: `Refusal` with what to do.
    static func requireRoomForChildren() throws {
        if current.rlim_cur < leastForChildren { raise() }
        let found = current.rlim_cur
        guard found < leastForChildren else { return }
        throw Refusal(
            """
            Worker processes can be started only where at least \(leastForChildren) files may be open at once, and here that is \
            \(found). Allow more (`ulimit -n \(leastForChildren)`), or train without them: --workers 0.
            """
        )
    }

    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    private static var current: rlimit {
        var limit = rlimit()
        // Cannot fail: there is such a limit.
        getrlimit(resource, &limit)
        return limit
    }
}
