import Foundation
import Tasks
import Tensors
import Testing

@testable import Wire

/// Bytes that `golden.py` packed without protobuf-c, from the numbers in `Proto/`.
enum Golden {
    /// The bytes by name.
    static func all() throws -> [String: [UInt8]] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("golden.txt")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let pairs = lines.map { line in
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            let digits = Array(parts[1])
            let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
            return (String(parts[0]), bytes.compactMap(\.self))
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    /// The digest whose bytes count up from a number.
    static func hash(_ number: Int) throws -> Hash {
        try #require(Hash(bytes: (0..<32).map { UInt8(truncatingIfNeeded: number + $0) }))
    }

    /// The messages that `golden.py` packs.
    static func messages() throws -> [String: Message] {
        let longestSizes = [Int](repeating: 1, count: 16)
        return [
            "hello": .hello(
                Hello(
                    numericsVersion: 7,
                    name: "Rémy 🎭",
                    build: "0.1.0 (1234abc)",
                    slots: 4,
                    cores: 8,
                    memoryLimitBytes: 1 << 36,
                    processID: 4_194_304,
                    previousSession: .max
                )
            ),
            "hello, least": .hello(
                Hello(numericsVersion: 0, name: "", build: "", slots: 1, cores: 0, memoryLimitBytes: 0, processID: 0)
            ),
            "welcome": .welcome(
                Welcome(
                    session: 1 << 63,
                    heartbeatInterval: .milliseconds(500),
                    heartbeatTimeout: .milliseconds(1_500),
                    build: "0.1.0",
                    attachedBytes: 65_536,
                    dataToken: .max
                )
            ),
            "refused": .refused(
                Refused(.unknownVersion, "version 2 is not spoken here", field: "hello.protocol_version")
            ),
            "refused, last code": .refused(Refused(.notAdmitted, "")),
            "heartbeat": .heartbeat(
                Heartbeat(
                    session: 5,
                    tasks: [
                        TaskProgress(task: try hash(1), attempt: 1, step: 9, total: 10),
                        TaskProgress(task: try hash(2), attempt: Int(UInt32.max), step: 0, total: .max),
                    ]
                )
            ),
            "heartbeat, least": .heartbeat(Heartbeat(session: 0)),
            "heartbeat, of a coordinator": .heartbeat(Heartbeat(session: 5, timeout: .milliseconds(1_500))),
            "drain": .drain,
            "goodbye, done": .goodbye(Goodbye(.done)),
            "goodbye, stopping": .goodbye(Goodbye(.stopping)),
            "assignment": try assignment(
                .bootstrap(members: 3..<5, of: 32),
                inputs: [
                    TensorBlob(name: hash(20), type: TensorType(.f32, [32, 64])),
                    TensorBlob(name: hash(21), type: TensorType(.bool, [])),
                    TensorBlob(name: hash(22), type: TensorType(.f64, [0, 1 << 20, 3])),
                ],
                attached: [hash(10), hash(20)]
            ),
            "assignment, score": try assignment(.score(members: 0..<0, of: 0)),
            "assignment, round": try assignment(.round(0)),
            "assignment, search": try assignment(.search(round: 11, features: 8..<16, of: 30)),
            "assignment, meta-batch": try assignment(.metaBatch(2, tasks: 4..<8)),
            "assignment, meta-batches": try assignment(.metaBatches(300..<400, of: 10_000)),
            "assignment, head": try assignment(.head("grün")),
            "assignment, unnamed": try assignment(.named("")),
            "started": .started(TaskStarted(task: try hash(3), attempt: 2)),
            "finished": .finished(
                TaskFinished(
                    task: try hash(4),
                    attempt: 1,
                    outputs: [
                        TaskOutput(
                            TensorBlob(name: try hash(30), type: TensorType(.i32, Shape(longestSizes))),
                            isAttached: true
                        ),
                        TaskOutput(
                            TensorBlob(name: try hash(31), type: TensorType(.u32, [1 << 40])),
                            isAttached: false
                        ),
                    ],
                    wallNanoseconds: 123_456_789_012
                )
            ),
            "finished, nothing": .finished(
                TaskFinished(task: try hash(4), attempt: 1, outputs: [], wallNanoseconds: 0)
            ),
            "finished, not finite": .finished(
                TaskFinished(task: try hash(4), attempt: 1, outputs: [], wallNanoseconds: 0, isFinite: false)
            ),
            "failed": .failed(
                TaskFailed(task: try hash(5), attempt: 1, code: .execution, sentence: "node 3 ('log'): not finite")
            ),
            "failed, last code": .failed(TaskFailed(task: try hash(5), attempt: 1, code: .cancelled, sentence: "")),
            "failed, too large": .failed(
                TaskFailed(task: try hash(5), attempt: 1, code: .tooLarge, sentence: "", neededBytes: 1 << 33)
            ),
            "accepted": .accepted(
                TaskAccepted([
                    TaskAccepted.Result(task: try hash(6), attempt: 128),
                    TaskAccepted.Result(task: try hash(8), attempt: 1),
                ])
            ),
            "cancel": .cancel(CancelTask(task: try hash(7), attempt: 16_384)),
            "blob_request": .blobRequest(BlobRequest(name: try hash(40), offset: 1 << 40)),
            "blob_chunk": .blobChunk(BlobChunk(name: try hash(41), offset: 262_144, total: 262_145)),
            "blob_chunk, empty": .blobChunk(BlobChunk(name: try hash(42), offset: 0, total: 0)),
            "blob_missing": .blobMissing(BlobMissing(name: try hash(43))),
            "release": .release(Release(names: [try hash(50), try hash(51)])),
            "release, nothing": .release(Release(names: [])),
            "data_summons": .dataSummons,
            "data_hello": .dataHello(DataHello(session: 1 << 40, token: 300, number: 7)),
            "data_hello, least": .dataHello(DataHello(session: 1, token: 0)),
        ]
    }

    private static func assignment(
        _ role: Role,
        inputs: [TensorBlob] = [],
        attached: [Hash] = []
    ) throws -> Message {
        let program = ProgramBlob(hash: try hash(9), name: try hash(10), byteCount: 1 << 24)
        return .assignment(
            Assignment(
                task: try hash(1),
                attempt: 3,
                role: role,
                program: program,
                inputs: inputs,
                attached: attached
            )
        )
    }
}

@Suite("Golden bytes")
struct GoldenTests {
    @Test("messages have the bytes that another encoder gives them, and are read from those")
    func messages() throws {
        var golden = try Golden.all()
        golden["program"] = nil
        golden["program's hash"] = nil
        golden["bundle"] = nil
        let messages = try Golden.messages()
        #expect(Set(messages.keys) == Set(golden.keys))
        #expect(Set(messages.values.map(\.kind)).count == Sample.kinds.count, "a kind of message is left out")
        for (name, bytes) in golden {
            let message = try #require(messages[name])
            #expect(try message.encoded() == bytes, "\(name)")
            #expect(try Message(decoding: bytes) == message, "\(name)")
        }
    }

    @Test("messages that travel together have the bytes that another encoder gives them, and are read from those")
    func bundle() throws {
        let golden = try Golden.all()
        let names = ["drain", "assignment", "finished", "release"]
        let envelopes = try names.map { try #require(golden[$0]) }
        #expect(Bundle.envelope(of: envelopes) == golden["bundle"])
        let bytes = try #require(golden["bundle"])
        #expect(try bytes.withUnsafeBytes { try Bundle.envelopes(in: $0)?.map { Array($0) } } == envelopes)
    }

    @Test("a program has the bytes and the hash that another encoder gives it")
    func program() throws {
        let golden = try Golden.all()
        let program = FlatProgram(
            inputs: ["x", "größe"],
            outputs: ["y"],
            functions: [
                FlatProgram.FlatFunction(
                    parameters: [TensorType(.f32, [2, 3])],
                    nodes: [FlatProgram.FlatNode(primitive: "negate", operands: [0], attributes: [])],
                    results: [1]
                ),
                FlatProgram.FlatFunction(
                    parameters: [TensorType(.f32, [2, 3]), TensorType(.u8, [])],
                    nodes: [
                        FlatProgram.FlatNode(
                            primitive: "constant",
                            operands: [],
                            attributes: [
                                FlatProgram.FlatAttribute(name: "bytes", value: .bytes([0, 1, 2, 3])),
                                FlatProgram.FlatAttribute(name: "element", value: .integers([1])),
                                FlatProgram.FlatAttribute(name: "sizes", value: .integers([])),
                            ]
                        ),
                        FlatProgram.FlatNode(
                            primitive: "scan",
                            operands: [0, 2, 1],
                            attributes: [
                                FlatProgram.FlatAttribute(name: "body", value: .function(0)),
                                FlatProgram.FlatAttribute(name: "count", value: .integers([-1, .max, .min])),
                                FlatProgram.FlatAttribute(name: "none", value: .bytes([])),
                            ]
                        ),
                    ],
                    results: [3, 0]
                ),
            ]
        )
        #expect(try program.encoded() == golden["program"])
        #expect(try FlatProgram(decoding: #require(golden["program"])) == program)
        #expect(Hash(of: program.canonicalBytes).bytes == golden["program's hash"])
    }
}
