import Tasks
import Tensors

extension Snapshot {
    /// For each tensor, in the order of their names: the name's and the blob's lengths (8 bytes each, little-endian), then
    /// both.
    var content: [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in tensors.sorted(by: { $0.key < $1.key }) {
            let (name, blob) = (Array(name.utf8), value.blob)
            bytes.append(littleEndian: UInt64(name.count))
            bytes.append(littleEndian: UInt64(blob.count))
            bytes += name
            bytes += blob
        }
        return bytes
    }

    /// Reads what `content` wrote; nil when it is something else.
    init?(step: Int, content: [UInt8]) {
        var rest = content[...]
        func length() -> Int? {
            guard rest.count >= 8 else { return nil }
            defer { rest = rest.dropFirst(8) }
            return Int(exactly: rest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        }
        var tensors: [String: TensorValue] = [:]
        while !rest.isEmpty {
            guard let nameLength = length(), let blobLength = length(), nameLength <= rest.count,
                blobLength <= rest.count - nameLength
            else { return nil }
            guard let name = String(validating: rest.prefix(nameLength), as: UTF8.self),
                let value = TensorValue(blob: Array(rest.dropFirst(nameLength).prefix(blobLength)))
            else { return nil }
            tensors[name] = value
            rest = rest.dropFirst(nameLength + blobLength)
        }
        self.init(step: step, tensors: tensors)
    }
}
