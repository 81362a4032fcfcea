/// Parcels that wait for one peer, oldest first, and their bytes.
struct Outbox {
    private var entries: [(parcel: Parcel, byteCount: Int)] = []
    private var head = 0
    /// All bytes that wait.
    private(set) var byteCount = 0

    var isEmpty: Bool { head == entries.count }

    var first: Parcel? { isEmpty ? nil : entries[head].parcel }

    /// Adds a parcel whose packed message has so many bytes.
    mutating func append(_ parcel: Parcel, envelope: Int) {
        // What keeps an entry takes memory too, so that even the smallest messages cannot wait without end.
        let count = parcel.frames.reduce(envelope + 1_024) { $0 + $1.count }
        entries.append((parcel, count))
        byteCount += count
    }

    mutating func removeFirst() {
        byteCount -= entries[head].byteCount
        head += 1
        if head * 2 > entries.count {
            entries.removeFirst(head)
            head = 0
        }
    }
}
