/// Why what was computed cannot be written down, or read again.
public enum LedgerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The ledger is that of another job.
    case otherJob(path: String)
    /// The file is not a ledger that this version reads.
    case format(path: String, found: String)
    /// There is no ledger.
    case absent(path: String)
    /// A part of it that cannot be computed again is not what was written.
    case damaged(path: String, what: String)
    /// The file was removed, or another put into its place, while it was in use.
    case gone(path: String)
    /// The system or the database refused.
    case failed(path: String, reason: String)

    /// What is wrong.
    public var fault: String {
        switch self {
        case .otherJob(let path):
            """
            \(path) holds the unfinished run of another job, or of the same job with other data or another version of \
            troupe.
            """
        case .format(let path, let found): "\(path) is \(found), not a ledger that this version of troupe reads."
        case .absent(let path): "\(path): there is no record of how this model was made."
        case .damaged(let path, let what): "\(path): \(what) is damaged."
        case .gone(let path):
            "\(path) was removed or replaced while the job ran, so that what had been written down is lost."
        case .failed(let path, let reason): "\(path) cannot be used: \(reason)."
        }
    }

    /// What is wrong and what to do.
    public var description: String { [fault, remedy].compactMap { $0 }.joined(separator: " ") }

    /// What who trains can do.
    private var remedy: String? {
        switch self {
        case .otherJob:
            "Finish that one first, choose another place with --output, or give it up with --fresh."
        case .format: "Start again with --fresh."
        case .absent: nil
        case .damaged: "Restore the file from a copy, or start again with --fresh."
        case .gone: "The same command starts again; leave the folder of a run alone until it is over."
        case .failed:
            """
            See to it that there is room and that it may be written, and run the same command again; if the file is \
            damaged, start again with --fresh.
            """
        }
    }
}
