import Tensors
import Wire

/// Which worker of a host fetches a large blob that none of them has, and what the others do meanwhile. A value, of one worker.
///
/// The first that wants the blob marks it and fetches it, while the others look again and again whether it has placed the blob
/// where all find it. The mark ends with the fetch, or with its holder's process; then another one marks the blob and fetches
/// it. As long as a holder brings something, whatever blob it is of, it is waited for. From one that does not the next one to
/// have waited for long enough takes over, by the next mark of the same blob; and when there is none, each fetches the blob
/// for itself, as it does where nothing can be marked.
///
/// Nobody waits for ever, nor in a circle: a fetch never waits for another fetch.
package struct HostFetches: Sendable {
    /// A look at what there is of a blob.
    package struct Look: Hashable, Sendable {
        let blob: Hash
        let byteCount: Int
        /// Which of its marks to set if it is not here and nobody has set that one.
        let mark: Int
    }

    /// What was seen of a blob.
    package enum Sight: Hashable, Sendable {
        /// It is here, and kept.
        case found
        /// It is not here, and now is marked by this worker.
        case marked
        /// Another one has marked it, and shows so many steps.
        case taken(steps: Int)
        /// It cannot be marked.
        case unmarkable
    }

    /// What to do about a blob.
    enum Decision: Hashable, Sendable {
        /// It is here.
        case take
        /// Fetch it.
        case fetch(byteCount: Int)
        case look(Look)
        case wait
        /// Take the mark away: nobody wants it any more.
        case unmark
    }

    /// How long a holder may bring nothing. A connection that breaks is missed and made again in less time; a task that waits
    /// for longer is given up after 30 s.
    static let patience = Duration.seconds(5)
    /// Bytes by which progress is counted. A holder that brings less in the time of patience has a tenth of the slowest link on
    /// which anything is of use, which has 1 Mbit/s.
    static let step = 1 << 16
    /// How many holders of a blob may be of no use before each worker fetches it for itself.
    static let mostMarks = 3
    /// When to look again: the longer it takes, the less often, so that a wait is at most a quarter too long.
    static let pauses = Duration.milliseconds(5)...Duration.milliseconds(100)

    private struct Wait {
        let byteCount: Int
        let begun: Instant
        var mark = 0
        /// What its holder has shown, and when it showed something else.
        var steps: Int?
        var lastProgress: Instant
        /// Whether it looks just now, and when it looks next if not.
        var isLooking = true
        var nextLook: Instant
    }

    private var waits: [Hash: Wait] = [:]
    /// The blobs that this worker has marked.
    private var marked: Set<Hash> = []
    /// Bytes of all blobs that have come, and the steps that were shown, and when.
    private var received = 0
    private var shown = 0
    private var lastShown = Instant(nanoseconds: 0)

    /// When to look next.
    var nextLook: Instant? { waits.values.lazy.filter { !$0.isLooking }.map(\.nextLook).min() }

    /// Blobs that are waited for.
    var awaited: Set<Hash> { Set(waits.keys) }

    /// A blob is wanted.
    ///
    /// - Returns: what to look for; nil when it is waited for already.
    mutating func want(_ blob: Hash, byteCount: Int, at now: Instant) -> Look? {
        guard waits[blob] == nil else { return nil }
        waits[blob] = Wait(byteCount: byteCount, begun: now, lastProgress: now, nextLook: now)
        return Look(blob: blob, byteCount: byteCount, mark: 0)
    }

    /// Something was seen of a blob that is waited for.
    mutating func see(_ sight: Sight, of blob: Hash, at now: Instant) -> Decision {
        guard var wait = waits[blob] else { return sight == .marked && !marked.contains(blob) ? .unmark : .wait }
        switch sight {
        case .found:
            waits[blob] = nil
            return .take
        case .marked:
            waits[blob] = nil
            marked.insert(blob)
            return .fetch(byteCount: wait.byteCount)
        case .unmarkable:
            waits[blob] = nil
            return .fetch(byteCount: wait.byteCount)
        case .taken(let steps):
            if steps != wait.steps {
                wait.steps = steps
                wait.lastProgress = now
            } else if wait.lastProgress.duration(to: now) > Self.patience {
                wait.mark += 1
                wait.steps = nil
                guard wait.mark < Self.mostMarks else {
                    waits[blob] = nil
                    return .fetch(byteCount: wait.byteCount)
                }
                waits[blob] = wait
                return .look(Look(blob: blob, byteCount: wait.byteCount, mark: wait.mark))
            }
            let pause = min(max(wait.begun.duration(to: now) / 4, Self.pauses.lowerBound), Self.pauses.upperBound)
            wait.nextLook = now.advanced(by: pause)
            wait.isLooking = false
            waits[blob] = wait
            return .wait
        }
    }

    /// What to look for by now, in the order of the blobs. What is looked for is not named again until something was seen.
    mutating func looks(at now: Instant) -> [Look] {
        guard !waits.isEmpty else { return [] }
        let due = waits.filter { !$0.value.isLooking && $0.value.nextLook <= now }
        for blob in due.keys { waits[blob]?.isLooking = true }
        return due.map { Look(blob: $0.key, byteCount: $0.value.byteCount, mark: $0.value.mark) }
            .sorted { $0.blob < $1.blob }
    }

    /// So many bytes of some blob have come.
    ///
    /// - Returns: the blobs that this worker has marked, if the others are to be shown that it goes on, and the steps to show.
    mutating func receive(_ byteCount: Int, at now: Instant) -> (blobs: [Hash], steps: Int)? {
        received += byteCount
        let steps = received / Self.step
        guard !marked.isEmpty, steps != shown, lastShown.duration(to: now) >= Self.pauses.upperBound else { return nil }
        shown = steps
        lastShown = now
        return (marked.sorted(), steps)
    }

    /// A blob is here, whoever was waited for.
    mutating func stopWaiting(for blob: Hash) { waits[blob] = nil }

    /// A fetch has ended, well or not.
    ///
    /// - Returns: whether this worker has marked the blob, and must take the mark away.
    mutating func end(_ blob: Hash) -> Bool { marked.remove(blob) != nil }

    /// No blob is wanted any more.
    ///
    /// - Returns: the blobs that this worker has marked, and whose marks it must take away.
    mutating func giveUpAll() -> [Hash] {
        waits = [:]
        defer { marked = [] }
        return marked.sorted()
    }
}
