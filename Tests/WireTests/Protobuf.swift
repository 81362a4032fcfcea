/// Writes protobuf fields one by one, right or wrong.
struct Protobuf {
    private(set) var bytes: [UInt8] = []

    init(_ write: (inout Protobuf) -> Void = { _ in }) { write(&self) }

    mutating func raw(_ more: [UInt8]) { bytes += more }

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func number(_ field: Int, _ value: UInt64) {
        varint(UInt64(field << 3))
        varint(value)
    }

    mutating func data(_ field: Int, _ content: [UInt8]) {
        varint(UInt64(field << 3 | 2))
        varint(UInt64(content.count))
        raw(content)
    }

    mutating func text(_ field: Int, _ text: String) { data(field, Array(text.utf8)) }

    mutating func message(_ field: Int, _ write: (inout Protobuf) -> Void) { data(field, Protobuf(write).bytes) }

    /// A list of numbers in one field.
    mutating func packed(_ field: Int, _ values: [UInt64]) {
        message(field) { list in
            for value in values { list.varint(value) }
        }
    }
}
