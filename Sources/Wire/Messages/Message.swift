/// Everything that coordinators and workers say to each other. `Proto/envelope.proto` gives the order and the errors.
package enum Message: Hashable, Sendable {
    // Sessions
    case hello(Hello)
    case welcome(Welcome)
    case refused(Refused)
    case heartbeat(Heartbeat)
    /// From a worker: it takes no new task.
    case drain
    case goodbye(Goodbye)
    // Tasks
    case assignment(Assignment)
    case started(TaskStarted)
    case finished(TaskFinished)
    case failed(TaskFailed)
    case accepted(TaskAccepted)
    case cancel(CancelTask)
    // Blobs
    case blobRequest(BlobRequest)
    case blobChunk(BlobChunk)
    case blobMissing(BlobMissing)
    case release(Release)
    // Data connections
    /// From a coordinator: it wants a blob.
    case dataSummons
    case dataHello(DataHello)

    /// The name in `envelope.proto`.
    package var kind: String {
        switch self {
        case .hello: "hello"
        case .welcome: "welcome"
        case .refused: "refused"
        case .heartbeat: "heartbeat"
        case .drain: "drain"
        case .goodbye: "goodbye"
        case .assignment: "assignment"
        case .started: "started"
        case .finished: "finished"
        case .failed: "failed"
        case .accepted: "accepted"
        case .cancel: "cancel"
        case .blobRequest: "blob_request"
        case .blobChunk: "blob_chunk"
        case .blobMissing: "blob_missing"
        case .release: "release"
        case .dataSummons: "data_summons"
        case .dataHello: "data_hello"
        }
    }

    /// Checks the raw frames that follow against what the message announces.
    ///
    /// - Throws: `WireError.frames` or `WireError.tooLarge`.
    package func check(frameSizes sizes: some RandomAccessCollection<Int>) throws(WireError) {
        guard sizes.count <= WireLimits.frames else {
            throw .tooMany("the frames of \(kind)", limit: WireLimits.frames)
        }
        for (index, size) in sizes.enumerated() where size > WireLimits.frame {
            throw .tooLarge("frame \(index + 1) of \(kind)", bytes: size, limit: WireLimits.frame)
        }
        let sum = sizes.reduce(0, +)
        guard sum <= WireLimits.frameBytes else {
            throw .tooLarge("the frames of \(kind)", bytes: sum, limit: WireLimits.frameBytes)
        }
        if case .blobChunk(let chunk) = self {
            guard sizes.count == 1, let size = sizes.first else {
                throw .frames(of: kind, "are \(sizes.count) instead of 1")
            }
            guard size <= chunk.total - chunk.offset, size > 0 || chunk.total == 0 else {
                throw .frames(
                    of: kind,
                    "have \(size) bytes at offset \(chunk.offset) of a blob of \(chunk.total) bytes"
                )
            }
        } else {
            try checkEach(sizes)
        }
    }

    /// Whether it tells how long each of its frames is.
    var tellsFrameSizes: Bool {
        if case .blobChunk = self { false } else { true }
    }

    /// Goes through the frames that must follow. They are known one by one, since to list them takes memory for each message.
    ///
    /// - Parameter body: Takes the bytes of each; nil where the frame is that of a blob which the message does not know.
    /// - Throws: what `body` throws.
    func forEachFrame<Failure: Error>(_ body: (Int?) throws(Failure) -> Void) throws(Failure) {
        switch self {
        case .assignment(let assignment):
            for name in assignment.attached { try body(assignment.byteCount(ofBlob: name)) }
        case .finished(let finished):
            for output in finished.outputs where output.isAttached { try body(output.tensor.byteCount) }
        default: break
        }
    }

    private func checkEach(_ sizes: some RandomAccessCollection<Int>) throws(WireError) {
        var count = 0
        forEachFrame { _ in count += 1 }
        guard sizes.count == count else { throw .frames(of: kind, "are \(sizes.count) instead of \(count)") }
        var rest = sizes[...]
        try forEachFrame { (expected) throws(WireError) in
            guard let size = rest.popFirst(), size != expected else { return }
            throw .frames(
                of: kind,
                "have \(size) bytes at position \(count - rest.count - 1) instead of "
                    + (expected.map(String.init) ?? "those of a known blob")
            )
        }
    }
}
