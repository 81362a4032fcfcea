package import Tensors

/// Decides what a cache forgets: what was not used for longest, once there is more than it may hold.
///
/// A value: it knows names and sizes, not contents. It is asked several times for each task, so the names are of one type,
/// for which it is compiled.
package struct CachePolicy: Sendable {
    private struct Entry {
        var byteCount: Int
        var lastUse: Int
    }

    /// Bytes that may be kept.
    package let budget: Int
    /// Bytes of all that is kept.
    package private(set) var byteCount = 0
    private var entries: [Hash: Entry] = [:]
    private var uses = 0

    /// A cache that is empty.
    package init(budget: Int) { self.budget = budget }

    /// How much there is.
    package var count: Int { entries.count }

    /// Whether something is kept.
    package func contains(_ name: Hash) -> Bool { entries[name] != nil }

    /// Notes that something is kept, and used now.
    package mutating func insert(_ name: Hash, byteCount: Int) {
        uses += 1
        self.byteCount += byteCount - (entries[name]?.byteCount ?? 0)
        entries[name] = Entry(byteCount: byteCount, lastUse: uses)
    }

    /// Notes that something is used now, if it is kept.
    package mutating func use(_ name: Hash) {
        guard var entry = entries[name] else { return }
        uses += 1
        entry.lastUse = uses
        entries[name] = entry
    }

    /// Notes that something is gone.
    package mutating func remove(_ name: Hash) {
        byteCount -= entries.removeValue(forKey: name)?.byteCount ?? 0
    }

    /// Forgets what was not used for longest, if there is more than the budget. An eighth of the budget is then free, so
    /// that the search, which looks at everything, is seldom.
    ///
    /// - Parameter pinned: What must stay, whatever it costs.
    /// - Returns: what is forgotten, the oldest first.
    package mutating func evict(except pinned: () -> Set<Hash>) -> [Hash] {
        guard byteCount > budget else { return [] }
        let pinned = pinned()
        let candidates = entries.filter { !pinned.contains($0.key) }.sorted { $0.value.lastUse < $1.value.lastUse }
        var evicted: [Hash] = []
        for (name, _) in candidates {
            guard byteCount > budget - budget / 8 else { break }
            remove(name)
            evicted.append(name)
        }
        return evicted
    }
}
