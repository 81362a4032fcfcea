import Tasks
import Tensors

/// Which blobs a worker has, and when it lets go of them: what nobody needs at once, and what the coordinator may count on
/// only when there is too much of it. A value.
struct KeptBlobs: Sendable {
    /// The blobs that are here.
    private(set) var names: Set<Hash> = []
    /// Their sizes, as far as somebody said them, and which to forget first.
    private var cache: CachePolicy
    /// The blobs of which the coordinator was told, in this session, that they are here; kept until it releases them.
    private var known: Set<Hash> = []
    /// The names of the programs that were assigned in this session; kept as long as it lasts.
    private var programs: Set<Hash> = []
    /// Blobs that may have become useless, among them all that have; some more than once.
    private var doubtful: [Hash] = []

    /// None yet, and at most so many bytes, unless more are in use.
    init(budget: Int) { cache = CachePolicy(budget: budget) }

    func contains(_ blob: Hash) -> Bool { names.contains(blob) }

    /// Some have come from outside.
    mutating func add(_ blobs: [Hash]) {
        names.formUnion(blobs)
        doubtful += blobs
    }

    /// One was made here, and is in use.
    mutating func add(_ blob: Hash, byteCount: Int) {
        names.insert(blob)
        cache.insert(blob, byteCount: byteCount)
    }

    /// Notes how large one is, if it is here.
    mutating func measure(_ blob: Hash, byteCount: Int) {
        if names.contains(blob) { cache.insert(blob, byteCount: byteCount) }
    }

    /// One was of use just now.
    mutating func use(_ blob: Hash) { cache.use(blob) }

    // MARK: What the coordinator counts on

    /// In a new session the coordinator knows nothing of what is here.
    mutating func beginSession() {
        known = []
        programs = []
        doubtAll()
    }

    /// A program was assigned.
    mutating func assign(program: Hash) { programs.insert(program) }

    /// The coordinator was told that these are here, or will be.
    mutating func promise(_ blobs: some Sequence<Hash>) {
        for blob in blobs { known.insert(blob) }
    }

    /// The coordinator needs these no longer.
    mutating func release(_ blobs: [Hash]) {
        known.subtract(blobs)
        doubtful += blobs
    }

    // MARK: Letting go

    /// What made this one of use has ended.
    mutating func doubt(_ blob: Hash) {
        // When the coordinator releases it, it is looked at again.
        if !known.contains(blob) { doubtful.append(blob) }
    }

    /// What made these of use has ended.
    mutating func doubt(_ blobs: some Sequence<Hash>) {
        for blob in blobs { doubt(blob) }
    }

    /// So has what made any of use.
    mutating func doubtAll() { doubtful = Array(names) }

    /// Forgets what neither the coordinator counts on nor anything here uses. What uses one now must say so when it ends.
    ///
    /// - Returns: the blobs, in order.
    mutating func dropUseless(unless isUsed: (Hash) -> Bool) -> [Hash] {
        guard !doubtful.isEmpty else { return [] }
        var useless: [Hash] = []
        for blob in doubtful
        where names.contains(blob) && !known.contains(blob) && !programs.contains(blob) && !isUsed(blob) {
            useless.append(blob)
            names.remove(blob)
            cache.remove(blob)
        }
        doubtful.removeAll(keepingCapacity: true)
        if useless.count > 1 { useless.sort() }
        return useless
    }

    /// Forgets what the coordinator may count on, when there is too much of it, but nothing that is in use.
    ///
    /// - Returns: the blobs, and those of them of which the coordinator has to be told.
    mutating func dropSurplus(except inUse: () -> Set<Hash>) -> (dropped: [Hash], promised: [Hash]) {
        let surplus = cache.evict(except: inUse)
        guard !surplus.isEmpty else { return ([], []) }
        names.subtract(surplus)
        return (surplus, surplus.filter { known.remove($0) != nil })
    }
}
