import Tensors

/// Tensors of blobs that were unpacked lately, so that a table which thousands of short tasks share is unpacked once.
struct UnpackedTensors {
    private struct Entry {
        let value: TensorValue
        var lastUse: Int
    }

    /// Bytes of all that is kept.
    private let limit: Int
    private var entries: [Hash: Entry] = [:]
    private var byteCount = 0
    private var uses = 0

    init(limit: Int) { self.limit = limit }

    /// The tensor of a blob, if it is kept.
    mutating func value(of name: Hash) -> TensorValue? {
        guard let entry = entries[name] else { return nil }
        uses += 1
        entries[name]?.lastUse = uses
        return entry.value
    }

    /// Keeps a tensor, in place of those that were not used for longest.
    mutating func keep(_ value: TensorValue, of name: Hash) {
        guard entries[name] == nil, value.bytes.count <= limit else { return }
        while byteCount + value.bytes.count > limit,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            entries[oldest.key] = nil
            byteCount -= oldest.value.value.bytes.count
        }
        uses += 1
        entries[name] = Entry(value: value, lastUse: uses)
        byteCount += value.bytes.count
    }
}
