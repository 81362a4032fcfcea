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
    package func check(frameSizes sizes: [Int]) throws(WireError) {
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
        switch self {
        case .assignment(let assignment): try check(sizes, against: assignment.frameSizes)
        case .finished(let finished): try check(sizes, against: finished.frameSizes)
        case .blobChunk(let chunk):
            guard sizes.count == 1 else { throw .frames(of: kind, "are \(sizes.count) instead of 1") }
            guard sizes[0] <= chunk.total - chunk.offset, sizes[0] > 0 || chunk.total == 0 else {
                throw .frames(
                    of: kind,
                    "have \(sizes[0]) bytes at offset \(chunk.offset) of a blob of \(chunk.total) bytes"
                )
            }
        default: try check(sizes, against: [])
        }
    }

    /// Whether it tells how long each of its frames is.
    var tellsFrameSizes: Bool {
        if case .blobChunk = self { false } else { true }
    }

    /// Bytes of each frame that must follow; nil when only the frame itself tells.
    var frameSizes: [Int?]? {
        switch self {
        case .assignment(let assignment): assignment.frameSizes
        case .finished(let finished): finished.frameSizes
        case .blobChunk: nil
        default: []
        }
    }

    private func check(_ sizes: [Int], against expected: [Int?]) throws(WireError) {
        guard sizes.count == expected.count else {
            throw .frames(of: kind, "are \(sizes.count) instead of \(expected.count)")
        }
        for (index, (size, expected)) in zip(sizes, expected).enumerated() where size != expected {
            throw .frames(
                of: kind,
                "have \(size) bytes at position \(index) instead of \(expected.map(String.init) ?? "those of a known blob")"
            )
        }
    }
}
