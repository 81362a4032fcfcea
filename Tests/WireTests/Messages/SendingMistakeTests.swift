import Tasks
import Tensors
import Testing

@testable import Wire

/// What no receiver would take is refused where it is made.
@Suite("Messages on their way out")
struct SendingMistakeTests {
    private static let hash = Sample.hash(1)
    private static let program = ProgramBlob(hash: hash, name: hash, byteCount: 1)

    private static func assignment(
        role: Role = .round(0),
        inputs: [TensorBlob] = [],
        attached: [Hash] = []
    ) -> Message {
        .assignment(
            Assignment(task: hash, attempt: 1, role: role, program: program, inputs: inputs, attached: attached)
        )
    }

    private static func clock(_ interval: Duration, _ timeout: Duration) -> Message {
        .welcome(Welcome(session: 1, heartbeatInterval: interval, heartbeatTimeout: timeout, build: ""))
    }

    static let mistakes: [(message: Message, error: WireError)] = {
        let progress = TaskProgress(task: hash, attempt: 1, step: 0, total: 0)
        let wide = TensorBlob(name: hash, type: TensorType(.u8, Shape([Int](repeating: 1, count: 16))))
        var hello = Hello(
            numericsVersion: 1,
            name: "",
            build: "",
            slots: 1,
            cores: 1,
            memoryLimitBytes: 0,
            processID: 1
        )
        hello.name = "a\0b"
        var refused = Refused(.full, "")
        refused.field = String(repeating: "f", count: 257)
        return [
            (.hello(hello), .field("hello.name", "contains a zero character")),
            (.refused(refused), .tooLarge("refused.field", bytes: 257, limit: 256)),
            (
                .started(TaskStarted(task: hash, attempt: 0)),
                .field("started.attempt", "is 0, which is not in 1...\(Int.max)")
            ),
            (.started(TaskStarted(task: hash, attempt: -1)), .field("started.attempt", "cannot be -1")),
            (.started(TaskStarted(task: hash, attempt: 1 << 32)), .field("started.attempt", "cannot be 4294967296")),
            (
                .heartbeat(Heartbeat(session: 1, tasks: [TaskProgress](repeating: progress, count: 257))),
                .tooMany("heartbeat.tasks", limit: 256)
            ),
            (.release(Release(names: [Hash](repeating: hash, count: 1_025))), .tooMany("release.names", limit: 1_024)),
            (.release(Release(names: [Hash](repeating: hash, count: 2_000))), .tooMany("release.names", limit: 1_024)),
            (assignment(attached: [hash, hash]), .field("assignment.attached", "names a blob twice")),
            (
                assignment(attached: [Sample.hash(2)]),
                .field("assignment.attached[0]", "is neither the program nor an input")
            ),
            (assignment(role: .round(-1)), .field("assignment.role.round", "cannot be -1")),
            (
                assignment(role: .bootstrap(members: 0..<3, of: 2)),
                .field("assignment.role.bootstrap.end", "is 3, which is not in 0...2")
            ),
            (
                assignment(inputs: [TensorBlob](repeating: wide, count: 512)),
                .tooMany("assignment.inputs", limit: 8_192)
            ),
            (
                .finished(
                    TaskFinished(
                        task: hash,
                        attempt: 1,
                        outputs: [
                            TaskOutput(TensorBlob(name: hash, type: TensorType(.u8, [1 << 41])), isAttached: false)
                        ],
                        wallNanoseconds: 0
                    )
                ),
                .field("finished.outputs[0].tensor.type.sizes", "is \(1 << 41), which is not in 0...\(1 << 40)")
            ),
            (
                .accepted(TaskAccepted(task: hash, attempt: 0)),
                .field("accepted.results[0].attempt", "is 0, which is not in 1...\(Int.max)")
            ),
            (
                .accepted(TaskAccepted([TaskAccepted.Result](repeating: .init(task: hash, attempt: 1), count: 257))),
                .tooMany("accepted.results", limit: 256)
            ),
            (
                clock(.milliseconds(2), .milliseconds(2)),
                .field("welcome.heartbeat_timeout_milliseconds", "is 2, which is not in 3...4294967295")
            ),
            (
                clock(.microseconds(999), .seconds(1)),
                .field("welcome.heartbeat_interval_milliseconds", "is 0, which is not in 1...4294967294")
            ),
            (
                clock(.seconds(1), .seconds(1 << 40)),
                .field("welcome.heartbeat_timeout_milliseconds", "cannot be \(Int.max)")
            ),
            (
                .heartbeat(Heartbeat(session: 1, timeout: .seconds(1 << 40))),
                .field("heartbeat.timeout_milliseconds", "cannot be \(Int.max)")
            ),
            (
                .blobRequest(BlobRequest(name: hash, offset: 0, length: 262_145)),
                .field("blob_request.length", "is 262145, which is not in 1...262144")
            ),
            (
                .blobChunk(BlobChunk(name: hash, offset: 2, total: 1)),
                .field("blob_chunk.offset", "is 2, which is not in 0...1")
            ),
        ]
    }()

    @Test("what its receiver would refuse is refused", arguments: 0..<mistakes.count)
    func mistake(index: Int) {
        let (message, error) = Self.mistakes[index]
        #expect(throws: error) { try message.encoded() }
    }

    @Test("the largest of each kind fits an envelope")
    func largest() throws {
        let far = TensorType(.f64, Shape([1 << 33] + [Int](repeating: 2, count: 7)))
        let hashes = (0..<1_024).map(Sample.hash)
        let blobs = hashes.prefix(512).map { TensorBlob(name: $0, type: far) }
        let largest: [Message] = [
            .heartbeat(
                Heartbeat(
                    session: .max,
                    tasks: hashes.prefix(256).map {
                        TaskProgress(task: $0, attempt: Int(UInt32.max), step: .max, total: .max)
                    },
                    timeout: .milliseconds(UInt32.max)
                )
            ),
            .release(Release(names: hashes)),
            Self.assignment(
                role: .named(String(repeating: "n", count: 256)),
                inputs: blobs,
                attached: Array(hashes.prefix(64))
            ),
            .finished(
                TaskFinished(
                    task: Self.hash,
                    attempt: Int(UInt32.max),
                    outputs: blobs.prefix(500).map { TaskOutput($0, isAttached: true) },
                    wallNanoseconds: .max
                )
            ),
        ]
        for message in largest { #expect(try Message(decoding: message.encoded()) == message) }
    }

    @Test("frames that are not those announced are refused")
    func frames() throws {
        let chunk = Message.blobChunk(BlobChunk(name: Self.hash, offset: 5, total: 8))
        try chunk.check(frameSizes: [3])
        try chunk.check(frameSizes: [1])
        try Message.blobChunk(BlobChunk(name: Self.hash, offset: 0, total: 0)).check(frameSizes: [0])
        let wrong: [(Message, [Int], WireError)] = [
            (chunk, [], .frames(of: "blob_chunk", "are 0 instead of 1")),
            (chunk, [1, 1], .frames(of: "blob_chunk", "are 2 instead of 1")),
            (chunk, [0], .frames(of: "blob_chunk", "have 0 bytes at offset 5 of a blob of 8 bytes")),
            (chunk, [4], .frames(of: "blob_chunk", "have 4 bytes at offset 5 of a blob of 8 bytes")),
            (.drain, [0], .frames(of: "drain", "are 1 instead of 0")),
            (.drain, [Int](repeating: 0, count: 65), .tooMany("the frames of drain", limit: 64)),
            (.drain, [262_145], .tooLarge("frame 1 of drain", bytes: 262_145, limit: 262_144)),
            (
                .drain, [262_144, 262_144, 262_144, 262_144, 1],
                .tooLarge("the frames of drain", bytes: 1_048_577, limit: 1_048_576)
            ),
            (
                Self.assignment(attached: [Self.hash]), [2],
                .frames(of: "assignment", "have 2 bytes at position 0 instead of 1")
            ),
            (
                Self.assignment(attached: [Sample.hash(2)]), [2],
                .frames(of: "assignment", "have 2 bytes at position 0 instead of those of a known blob")
            ),
        ]
        for (message, sizes, error) in wrong {
            #expect(throws: error) { try message.check(frameSizes: sizes) }
        }
        let outputs = [12, 8].map { size in
            TaskOutput(TensorBlob(name: Self.hash, type: TensorType(.u8, [size - 8])), isAttached: size == 12)
        }
        let finished = TaskFinished(task: Self.hash, attempt: 1, outputs: outputs, wallNanoseconds: 0)
        try Message.finished(finished).check(frameSizes: [8 + 8 + 4])
    }
}

@Suite("Errors of the wire")
struct WireErrorTests {
    @Test("say what, where and what is allowed, and become a refusal for the peer")
    func descriptions() {
        let cases: [(WireError, String, Refused.Code, String)] = [
            (
                .tooLarge("hello.name", bytes: 257, limit: 256),
                "hello.name has 257 bytes; at most 256 are allowed", .tooLarge, "hello.name"
            ),
            (.tooMany("", limit: 8_192), "the envelope has too many items; at most 8192 are allowed", .tooLarge, ""),
            (
                .tooMany("release.names", limit: 2),
                "release.names has too many items; at most 2 are allowed", .tooLarge, "release.names"
            ),
            (.field("", "holds no message"), "the envelope holds no message", .malformed, ""),
            (.field("hello.name", "is not UTF-8"), "'hello.name' is not UTF-8", .malformed, "hello.name"),
            (.unknownMessage(number: 17), "message 17 is unknown to protocol version 1", .unknownMessage, ""),
            (
                .unknownVersion(2),
                "protocol version 2 is not spoken here, only version 1. Run the same release of troupe on both sides.",
                .unknownVersion, "hello.protocol_version"
            ),
            (
                .frames(of: "drain", "are 1 instead of 0"), "the frames of 'drain' are 1 instead of 0", .wrongFrames,
                "drain"
            ),
            (.chosenRoutingID, "a worker must not set a ZeroMQ routing id", .notAdmitted, ""),
        ]
        for (error, sentence, code, field) in cases {
            #expect(error.description == sentence)
            #expect(error.refusal == Refused(code, sentence, field: field))
        }
    }
}
