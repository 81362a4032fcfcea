import Tensors
import Wire

/// Blobs that lie in frames, looked at where they lie.
extension Frame {
    /// The name of the blob that these bytes are.
    var blobName: Hash { withBytes { Hash.ofBlob($0) } }

    /// Whether these bytes are the blob of a tensor of a type.
    func isTensor(of type: TensorType) -> Bool { withBytes { type.isType(ofBlob: $0) } }

    /// Whether all numbers of the tensor are finite whose blob these bytes are.
    ///
    /// - Precondition: it is one of the type.
    func isFinite(as type: TensorType) -> Bool {
        withBytes { type.areFinite(UnsafeRawBufferPointer(rebasing: $0[(type.blobByteCount - type.byteCount)...])) }
    }

    /// The blob of a tensor.
    convenience init(_ value: TensorValue) {
        self.init(byteCount: value.blobByteCount) { value.writeBlob(to: $0) }
    }

    /// The tensor of a type whose blob these bytes are; nil when they are none.
    func tensor(of type: TensorType) -> TensorValue? { withBytes { TensorValue(blob: $0, type: type, of: self) } }

    /// The tensor whose blob these bytes are; nil when they are none. A large one is not copied, but keeps the frame.
    var tensor: TensorValue? { withBytes { TensorValue(blob: $0, of: self) } }
}
