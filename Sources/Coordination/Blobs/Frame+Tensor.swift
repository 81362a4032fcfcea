import Tensors
import Wire

/// Blobs that lie in frames, looked at where they lie.
extension Frame {
    /// The name of the blob that these bytes are.
    var blobName: Hash { withBytes { Hash.ofBlob($0) } }

    /// The type of the tensor whose blob these bytes are; nil when they are none.
    var tensorType: TensorType? { withBytes { TensorType(ofBlob: $0) } }

    /// The tensor whose blob these bytes are; nil when they are none. A large one is not copied, but keeps the frame.
    var tensor: TensorValue? { withBytes { TensorValue(blob: $0, of: self) } }
}
