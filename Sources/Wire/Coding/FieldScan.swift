import CProtobuf

/// Checks packed bytes against their type before protobuf-c sees them.
///
/// protobuf-c has no limit on what it allocates: two bytes of an empty nested message become a hundred. The scan counts
/// first, without allocating. It also refuses what protobuf-c would merge or cut short: a singular field twice, two
/// members of a oneof, a zero character in text, a number that does not fit its field.
struct FieldScan {
    private let limit: Int
    private var count = 0

    private init(limit: Int) { self.limit = limit }

    /// - Throws: `WireError` with the path of the field that is wrong.
    static func check(
        _ bytes: UnsafeRawBufferPointer,
        against type: UnsafePointer<ProtobufCMessageDescriptor>,
        fieldsAtMost limit: Int
    ) throws(WireError) {
        var scan = FieldScan(limit: limit)
        try scan.message(bytes, type)
    }

    private mutating func tally() throws(WireError) {
        count += 1
        if count > limit { throw .tooMany("", limit: limit) }
    }

    private mutating func message(
        _ bytes: UnsafeRawBufferPointer,
        _ type: UnsafePointer<ProtobufCMessageDescriptor>
    ) throws(WireError) {
        var seen: UInt64 = 0
        var seenOneof: UInt32?
        var cursor = FieldCursor(bytes)
        while let (number, content) = try cursor.next() {
            try tally()
            guard let index = Self.index(of: number, in: type) else { continue }
            let field = type.pointee.fields[index]
            if field.label == PROTOBUF_C_LABEL_REPEATED {
                try repeated(content, field)
                continue
            }
            guard seen & 1 << UInt64(index) == 0 else { throw .field(String(cString: field.name), "occurs twice") }
            seen |= 1 << UInt64(index)
            if field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue != 0 {
                guard seenOneof != field.quantifier_offset else {
                    throw .field(String(cString: field.name), "excludes another field")
                }
                seenOneof = field.quantifier_offset
            }
            try single(content, field)
        }
    }

    private mutating func single(_ content: FieldCursor.Content, _ field: ProtobufCFieldDescriptor) throws(WireError) {
        switch (content, field.type) {
        case (.bytes(let bytes), PROTOBUF_C_TYPE_MESSAGE):
            do {
                try message(bytes, field.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self))
            } catch {
                throw error.inside(String(cString: field.name))
            }
        case (.bytes(let bytes), PROTOBUF_C_TYPE_STRING):
            guard !bytes.contains(0) else { throw .field(String(cString: field.name), "contains a zero character") }
        case (.bytes, PROTOBUF_C_TYPE_BYTES): break
        case (.varint(let value), _) where Self.isVarint(field.type):
            guard value <= Self.largest(field.type) else {
                throw .field(String(cString: field.name), "is \(value), which does not fit")
            }
        default: throw .field(String(cString: field.name), "has the wrong wire type")
        }
    }

    private mutating func repeated(
        _ content: FieldCursor.Content,
        _ field: ProtobufCFieldDescriptor
    ) throws(WireError) {
        guard case .bytes(let bytes) = content, Self.isVarint(field.type) else { return try single(content, field) }
        do throws(WireError) {
            var packed = FieldCursor(bytes)
            while let value = try packed.nextPacked() {
                try tally()
                guard value <= Self.largest(field.type) else { throw .field("", "holds \(value), which does not fit") }
            }
        } catch {
            throw error.inside(String(cString: field.name))
        }
    }

    private static func index(of number: Int, in type: UnsafePointer<ProtobufCMessageDescriptor>) -> Int? {
        (0..<Int(type.pointee.n_fields)).first { Int(type.pointee.fields[$0].id) == number }
    }

    /// protobuf-c would cut off what does not fit.
    private static func largest(_ type: ProtobufCType) -> UInt64 {
        switch type {
        case PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_ENUM: UInt64(UInt32.max)
        case PROTOBUF_C_TYPE_BOOL: 1
        default: .max
        }
    }

    private static func isVarint(_ type: ProtobufCType) -> Bool {
        switch type {
        case PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_ENUM,
            PROTOBUF_C_TYPE_BOOL:
            true
        default: false
        }
    }
}
