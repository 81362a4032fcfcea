/// Walks over the fields of one packed protobuf message, without allocating and without knowing its type.
struct FieldCursor {
    /// How a field is written.
    enum Content {
        /// An integer, a truth value or an enumeration.
        case varint(UInt64)
        /// Eight bytes.
        case fixed64
        /// Text, bytes, a message or a packed list.
        case bytes(UnsafeRawBufferPointer)
        /// Four bytes.
        case fixed32
    }

    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    /// The next field, or nil at the end.
    mutating func next() throws(WireError) -> (number: Int, content: Content)? {
        guard !rest.isEmpty else { return nil }
        let key = try varint("key")
        guard key >> 3 != 0, key >> 3 < 1 << 29 else { throw .field("", "has a field number \(key >> 3)") }
        let number = Int(key >> 3)
        switch key & 7 {
        case 0: return (number, .varint(try varint("integer")))
        case 1:
            try skip(8)
            return (number, .fixed64)
        case 2:
            let length = try varint("length")
            guard length <= UInt64(rest.count) else {
                throw .field(
                    "",
                    "ends inside field \(number), which announces \(length) bytes where \(rest.count) are left"
                )
            }
            let bytes = UnsafeRawBufferPointer(rebasing: rest[..<(rest.startIndex + Int(length))])
            try skip(Int(length))
            return (number, .bytes(bytes))
        case 5:
            try skip(4)
            return (number, .fixed32)
        default: throw .field("", "has wire type \(key & 7) in field \(number)")
        }
    }

    /// The next integer of a packed list, or nil at the end.
    mutating func nextPacked() throws(WireError) -> UInt64? { rest.isEmpty ? nil : try varint("integer") }

    private mutating func skip(_ count: Int) throws(WireError) {
        guard rest.count >= count else { throw .field("", "ends inside a field") }
        rest = UnsafeRawBufferPointer(rebasing: rest[(rest.startIndex + count)...])
    }

    private mutating func varint(_ what: String) throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var index = 0
        while index < rest.count {
            let byte = rest[index]
            guard index < 9 || byte <= 1 else { throw .field("", "has an endless \(what)") }
            value |= UInt64(byte & 127) << (7 * UInt64(index))
            index += 1
            if byte < 128 {
                rest = UnsafeRawBufferPointer(rebasing: rest[index...])
                return value
            }
        }
        throw .field("", "ends inside a \(what)")
    }
}
