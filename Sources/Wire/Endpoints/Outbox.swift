/// Parcels that wait for one peer, oldest first, and their bytes.
struct Outbox {
    private var parcels: [Parcel] = []
    private var head = 0
    private(set) var byteCount = 0

    var isEmpty: Bool { head == parcels.count }

    var first: Parcel? { isEmpty ? nil : parcels[head] }

    mutating func append(_ parcel: Parcel) {
        parcels.append(parcel)
        byteCount += Self.weight(parcel)
    }

    mutating func removeFirst() {
        byteCount -= Self.weight(parcels[head])
        head += 1
        if head * 2 > parcels.count {
            parcels.removeFirst(head)
            head = 0
        }
    }

    /// An envelope is counted as a kilobyte, which few are.
    private static func weight(_ parcel: Parcel) -> Int { parcel.frames.reduce(1_024) { $0 + $1.count } }
}
