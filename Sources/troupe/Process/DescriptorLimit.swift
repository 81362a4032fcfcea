import Glibc

/// How many files and connections this process may have open.
enum DescriptorLimit {
    /// Raises it as far as the system allows without being asked: each worker is a connection.
    static func raise() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }
}
