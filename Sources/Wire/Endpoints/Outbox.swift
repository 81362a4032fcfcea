/// Parcels for one peer that are not handed to the library yet, packed, oldest first. Small ones that wait together go
/// together.
struct Outbox {
    private struct Entry {
        let envelope: [UInt8]
        let frames: [Frame]
        /// What it counts for.
        let byteCount: Int
        /// Bytes of all frames if they are small enough to be copied; nil for a parcel that travels alone.
        let smallByteCount: Int?
    }

    /// What is handed to the library at once.
    struct Load {
        /// How many parcels it is.
        let count: Int
        let envelope: [UInt8]
        let frames: [Frame]
    }

    /// Frames from this size on are lent to the library, not copied.
    private static let leastLent = 1_024
    /// So many bytes of envelopes go together, and as many of frames.
    private static let mostBytes = 32 << 10
    /// So many parcels go together: what each of them costs is little then, and the other side need not wait long for the first.
    private static let mostParcels = 64

    private var entries: [Entry] = []
    private var head = 0
    /// All bytes that wait.
    private(set) var byteCount = 0

    var isEmpty: Bool { head == entries.count }

    /// Whether to wait for more would make nothing cheaper.
    var isLoad: Bool {
        let count = entries.count - head
        return count >= Self.mostParcels || byteCount >= Self.mostBytes + 1_024 * count
            || entries.last?.smallByteCount == nil && count > 0
    }

    /// Adds a parcel, whose message is packed.
    mutating func append(_ parcel: Parcel, packed envelope: [UInt8]) {
        let frames = parcel.frames
        // What keeps an entry takes memory too, so that even the smallest messages cannot wait without end.
        let count = frames.reduce(envelope.count + 1_024) { $0 + $1.count }
        // Of messages that travel together, each must tell the sizes of its frames.
        let isSmall = parcel.message.tellsFrameSizes && frames.allSatisfy { $0.count < Self.leastLent }
        let smallByteCount = isSmall ? count - envelope.count - 1_024 : nil
        entries.append(Entry(envelope: envelope, frames: frames, byteCount: count, smallByteCount: smallByteCount))
        byteCount += count
    }

    /// What goes next; nil when nothing waits.
    func load() -> Load? {
        guard !isEmpty else { return nil }
        var (end, envelopeBytes, frameBytes) = (head, 0, 0)
        while end < entries.count, end - head < Self.mostParcels, let bytes = entries[end].smallByteCount {
            envelopeBytes += Bundle.byteCount(ofEnvelope: entries[end].envelope.count)
            frameBytes += bytes
            guard max(envelopeBytes, frameBytes) <= Self.mostBytes else { break }
            end += 1
        }
        // Many small frames of one parcel are cheaper as one, too.
        guard end > head + 1 || end > head && entries[head].frames.count > 1 else {
            return Load(count: 1, envelope: entries[head].envelope, frames: entries[head].frames)
        }
        let some = entries[head..<end]
        let frames = some.contains { !$0.frames.isEmpty } ? [Frame(joining: some.lazy.flatMap(\.frames))] : []
        return Load(count: end - head, envelope: Bundle.envelope(of: some.lazy.map(\.envelope)), frames: frames)
    }

    /// The oldest parcels are on their way.
    mutating func removeFirst(_ count: Int) {
        for index in head..<head + count { byteCount -= entries[index].byteCount }
        head += count
        if head * 2 >= entries.count {
            entries.removeFirst(head)
            head = 0
        }
    }
}
