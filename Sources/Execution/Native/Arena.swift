/// Plans which bytes of the arena are whose, and when: first fit among the gaps.
struct Arena {
    private struct Extent {
        var offset: Int
        var byteCount: Int
    }

    /// What keeps every buffer on a cache line of its own.
    static let alignment = 64

    /// Bytes that are taken from one item of a plan to another.
    struct Lifetime {
        var offset: Int
        var byteCount: Int
        var from: Int
        /// nil for bytes that are never given back.
        var to: Int?
    }

    private var taken: [Extent] = []  // ascending, not overlapping
    /// The number of the item that takes and gives back now, if somebody wants to know.
    var item: Int?
    /// What was taken while there were numbers.
    private(set) var lifetimes: [Lifetime] = []
    /// The bytes that are ever needed at once.
    private(set) var byteCount = 0

    static func aligned(_ count: Int) -> Int { (max(count, 1) + alignment - 1) / alignment * alignment }

    /// A buffer of whole pages gets some lines more, so that the next does not begin at the same place of a page: a processor
    /// that compares the last twelve bits of addresses takes a load of one for a load of what was stored in the other.
    private static func spread(_ count: Int) -> Int { count % 4096 == 0 ? count + 17 * alignment : count }

    /// Takes bytes in the first gap that holds them.
    mutating func allocate(_ count: Int) -> Int {
        let count = Self.spread(Self.aligned(count))
        var offset = 0
        var index = 0
        while index < taken.count, taken[index].offset - offset < count {
            offset = taken[index].offset + taken[index].byteCount
            index += 1
        }
        taken.insert(Extent(offset: offset, byteCount: count), at: index)
        byteCount = max(byteCount, offset + count)
        if let item { lifetimes.append(Lifetime(offset: offset, byteCount: count, from: item)) }
        return offset
    }

    /// Gives bytes back.
    mutating func free(_ offset: Int) {
        guard let index = taken.firstIndex(where: { $0.offset == offset }) else {
            preconditionFailure("bytes at \(offset) were not taken")
        }
        taken.remove(at: index)
        guard let item, let last = lifetimes.lastIndex(where: { $0.offset == offset }) else { return }
        lifetimes[last].to = item
    }
}
