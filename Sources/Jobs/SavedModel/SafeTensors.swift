public import Tensors

/// Named tensors in one file, in the safetensors format of Hugging Face.
///
/// The file is the header's length (8 bytes, little-endian), the header (JSON, padded with spaces to a multiple of 8
/// bytes) and the tensors' bytes without gaps. The header names each tensor's type, shape and place among the bytes:
/// `{"weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}`, and may hold texts under `__metadata__`.
///
/// What is written is a function of the content alone, and byte for byte what the format's own library writes:
/// the order is that of the element types, from `F64` down to `BOOL`, so that all are aligned, and within a type that of
/// the names' UTF-8 bytes. The format's description: `huggingface/safetensors: README.md`.
public struct SafeTensors: Sendable, Hashable {
    /// The tensors by name.
    public var tensors: [String: TensorValue]
    /// Texts about them.
    public var metadata: [String: String]

    /// A file's content.
    public init(_ tensors: [String: TensorValue], metadata: [String: String] = [:]) {
        self.tensors = tensors
        self.metadata = metadata
    }

    /// The file.
    public var bytes: [UInt8] {
        let ordered = tensors.sorted { left, right in
            let (leftRank, rightRank) = (Self.rank(left.value.type.element), Self.rank(right.value.type.element))
            if leftRank != rightRank { return leftRank > rightRank }
            return left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
        }
        var members: [String] = []
        if !metadata.isEmpty {
            members.append("\"\(Self.metadataKey)\":\(JSON.object(metadata.mapValues(JSON.text)))")
        }
        var offset = 0
        for (name, value) in ordered {
            let shape = value.shape.sizes.map(String.init).joined(separator: ",")
            let end = offset + value.type.byteCount
            members.append(
                "\(JSON.text(name)):{\"dtype\":\"\(Self.elements[Self.rank(value.type.element)].name)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(offset),\(end)]}"
            )
            offset = end
        }
        var header = Array("{\(members.joined(separator: ","))}".utf8)
        header += repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + header.count + offset)
        bytes.append(littleEndian: UInt64(header.count))
        bytes += header
        for (_, value) in ordered { bytes += value.bytes }
        return bytes
    }

    static let metadataKey = "__metadata__"

    /// Our element types by the names of the format, in its order.
    static let elements: [(name: String, element: ElementType)] = [
        ("BOOL", .bool), ("U8", .u8), ("I32", .i32), ("U32", .u32), ("F32", .f32), ("F64", .f64),
    ]

    private static func rank(_ element: ElementType) -> Int {
        switch element {
        case .bool: 0
        case .u8: 1
        case .i32: 2
        case .u32: 3
        case .f32: 4
        case .f64: 5
        }
    }
}
