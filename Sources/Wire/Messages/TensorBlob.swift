import CProtobuf
package import Tensors

/// A tensor by the name of its blob.
package struct TensorBlob: Hashable, Sendable {
    /// The name of the blob: `TensorValue.hash`.
    package var name: Hash
    /// What is known of the tensor without its elements.
    package var type: TensorType

    /// Bytes of the blob.
    package var byteCount: Int { type.blobByteCount }

    /// A tensor of a name and a type.
    package init(name: Hash, type: TensorType) {
        self.name = name
        self.type = type
    }
}

extension TensorBlob: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__TensorBlob>) { troupe__tensor_blob__init(cell) }

    func write(to cell: inout Troupe__TensorBlob, in arena: inout Arena) throws(WireError) {
        cell.name = arena.data(name)
        cell.type = try arena.cell(type)
        cell.byte_count = try arena.number(byteCount, named: "byte_count")
    }

    init(reading cell: Troupe__TensorBlob) throws(WireError) {
        name = try read(cell.name, "name")
        type = try read(cell.type, "type")
        guard cell.byte_count == UInt64(type.blobByteCount) else {
            throw .field("byte_count", "is \(cell.byte_count), but a blob of \(type) has \(type.blobByteCount) bytes")
        }
    }
}
