package import Tensors
package import Wire

/// Blobs by the name of their content, in memory. Bytes are shared, not copied, with the frames that carry them.
package struct BlobStore {
    private var blobs: [Hash: Frame] = [:]
    /// Bytes of all blobs together.
    package private(set) var byteCount = 0

    /// An empty store.
    package init() {}

    /// The names of all blobs, in no order.
    package var names: Dictionary<Hash, Frame>.Keys { blobs.keys }

    /// The content of a blob; nil when it is not here. Setting it to nil forgets it.
    package subscript(name: Hash) -> Frame? {
        get { blobs[name] }
        set {
            let count = newValue?.count ?? 0
            let old =
                if let newValue { blobs.updateValue(newValue, forKey: name) } else { blobs.removeValue(forKey: name) }
            byteCount += count - (old?.count ?? 0)
        }
    }

    /// The piece of a blob that was asked for, as a message; `BlobMissing` when it is not here or ends before the piece.
    package func answer(_ request: BlobRequest) -> Parcel { Self.answer(request, with: blobs[request.name]) }

    /// The piece of a blob that was asked for, if the blob is here.
    static func answer(_ request: BlobRequest, with blob: Frame?) -> Parcel {
        guard let blob, request.offset < blob.count || blob.count == 0 else {
            return Parcel(.blobMissing(BlobMissing(name: request.name)))
        }
        let end = min(request.offset + request.length, blob.count)
        let chunk = BlobChunk(name: request.name, offset: request.offset, total: blob.count)
        return Parcel(.blobChunk(chunk), frames: [blob.slice(request.offset..<end)])
    }
}
