import Tasks
import Tensors
import Testing

@testable import Wire

/// Bytes with one mistake each, and what is said of them.
@Suite("Messages with a mistake")
struct MistakeTests {
    /// A mistake: its name, the bytes, the error.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: [UInt8]
        let error: WireError

        init(_ name: String, _ error: WireError, _ write: (inout Protobuf) -> Void) {
            testDescription = name
            bytes = Protobuf(write).bytes
            self.error = error
        }
    }

    private typealias Write = (inout Protobuf) -> Void

    private static let digest = [UInt8](repeating: 7, count: 32)

    private static func attempt(_ field: Int, _ number: UInt64, _ rest: @escaping Write = { _ in }) -> Write {
        { envelope in
            envelope.message(field) { message in
                message.data(1, digest)
                message.number(2, number)
                rest(&message)
            }
        }
    }

    private static func hello(_ change: @escaping Write) -> Write {
        { envelope in
            envelope.message(1) { hello in
                hello.number(1, 1)
                hello.number(5, 1)
                change(&hello)
            }
        }
    }

    private static func tensor(element: UInt64 = 1, sizes: [UInt64], byteCount: UInt64) -> Write {
        { tensor in
            tensor.data(1, digest)
            tensor.message(2) { type in
                type.number(1, element)
                type.packed(2, sizes)
            }
            tensor.number(3, byteCount)
        }
    }

    private static func finished(_ tensor: @escaping Write) -> Write {
        attempt(9, 1) { finished in finished.message(3) { $0.message(1, tensor) } }
    }

    private static func assignment(
        role: @escaping Write = { $0.number(3, 0) },
        then rest: @escaping Write = { _ in }
    ) -> Write {
        attempt(7, 1) { assignment in
            assignment.message(3, role)
            assignment.message(4) { program in
                program.data(1, digest)
                program.data(2, digest)
                program.number(3, 5)
            }
            rest(&assignment)
        }
    }

    static let shapes: [Case] = [
        Case("nothing at all", .field("", "holds no message")) { _ in },
        Case("two messages", .field("goodbye", "excludes another field")) {
            $0.data(5, [])
            $0.message(6) { $0.number(1, 1) }
        },
        Case("a message twice", .field("drain", "occurs twice")) {
            $0.data(5, [])
            $0.data(5, [])
        },
        Case("a field twice", .field("goodbye.reason", "occurs twice")) {
            $0.message(6) {
                $0.number(1, 1)
                $0.number(1, 1)
            }
        },
        Case("a message as a number", .field("drain", "has the wrong wire type")) { $0.number(5, 1) },
        Case("a number as bytes", .field("goodbye.reason", "has the wrong wire type")) {
            $0.message(6) { $0.data(1, [1]) }
        },
        Case("a number in eight bytes", .field("goodbye.reason", "has the wrong wire type")) {
            $0.message(6) { $0.raw([1 << 3 | 1, 0, 0, 0, 0, 0, 0, 0, 0]) }
        },
        Case("a group", .field("goodbye", "has wire type 3 in field 1")) { $0.message(6) { $0.raw([1 << 3 | 3]) } },
        Case("field number 0", .field("", "has a field number 0")) { $0.raw([0, 0]) },
        Case("a field number beyond 2^29", .field("", "has a field number 536870912")) { $0.number(1 << 29, 0) },
        Case("an endless number", .field("", "has an endless key")) { $0.raw([UInt8](repeating: 255, count: 11)) },
        Case("a field that ends too early", .field("", "ends inside field 6, which announces 9 bytes where 1 are left"))
        {
            $0.raw([6 << 3 | 2, 9, 0])
        },
        Case(
            "a length beyond 2^63",
            .field("", "ends inside field 5, which announces \(UInt64.max) bytes where 0 are left")
        ) {
            $0.varint(5 << 3 | 2)
            $0.varint(.max)
        },
        Case("too many unknown fields", .tooMany("heartbeat", limit: 8_192)) {
            $0.message(4) { for _ in 0..<8_192 { $0.number(15, 1) } }
        },
        Case("too many numbers in a list", .tooMany("finished.outputs.tensor.type.sizes", limit: 8_192)) {
            finished(tensor(sizes: [UInt64](repeating: 1, count: 8_200), byteCount: 8))(&$0)
        },
        Case(
            "empty messages, of which each becomes a structure of a hundred bytes",
            .tooMany("heartbeat", limit: 8_192)
        ) {
            $0.message(4) { for _ in 0..<30_000 { $0.data(2, []) } }
        },
        Case("more than 64 KiB", .tooLarge("the envelope", bytes: 65_537, limit: 65_536)) {
            $0.data(20, [UInt8](repeating: 0, count: 65_532))
        },
        Case("a later kind of message", .unknownMessage(number: 20)) { $0.message(20) { $0.number(1, 5) } },
        Case("another version, whatever else it says", .unknownVersion(2)) {
            $0.message(1) {
                $0.number(1, 2)
                $0.number(3, 5)
                $0.number(3, 5)
            }
        },
        Case("a version of more than 32 bits", .unknownVersion(.max)) { $0.message(1) { $0.number(1, 1 << 32 | 1) } },
        Case("no version", .unknownVersion(0)) { $0.message(1) { $0.number(5, 1) } },
        Case("a damaged greeting", .field("hello", "ends inside a key")) { $0.data(1, [128]) },
    ]

    static let values: [Case] = [
        Case("a name that is not UTF-8", .field("hello.name", "is not UTF-8"), hello { $0.data(3, [0xC3, 0x28]) }),
        Case("half a surrogate pair", .field("hello.name", "is not UTF-8"), hello { $0.data(3, [0xED, 0xA0, 0x80]) }),
        Case(
            "a zero character",
            .field("hello.build", "contains a zero character"),
            hello { $0.data(4, [97, 0, 98]) }
        ),
        Case(
            "a label that is too long",
            .tooLarge("hello.name", bytes: 257, limit: 256),
            hello { $0.text(3, String(repeating: "n", count: 257)) }
        ),
        Case("no slots", .field("hello.slots", "is 0, which is not in 1...4096")) { $0.message(1) { $0.number(1, 1) } },
        Case("too many slots", .field("hello.slots", "is 4097, which is not in 1...4096")) {
            $0.message(1) {
                $0.number(1, 1)
                $0.number(5, 4_097)
            }
        },
        Case(
            "a memory limit beyond Int",
            .field("hello.memory_limit_bytes", "is \(UInt64(1) << 63), which is not in 0...\(Int.max)"),
            hello { $0.number(7, 1 << 63) }
        ),
        Case(
            "a 33-bit number",
            .field("hello.cores", "is \(1 << 32), which does not fit"),
            hello { $0.number(6, 1 << 32) }
        ),
        Case("attempt 0", .field("started.attempt", "is 0, which is not in 1...\(Int.max)"), attempt(8, 0)),
        Case(
            "attempt 2^32 + 1",
            .field("started.attempt", "is 4294967297, which does not fit"),
            attempt(8, 1 << 32 | 1)
        ),
        Case("a digest of 31 bytes", .field("blob_missing.name", "has 31 bytes where a digest has 32")) {
            $0.message(15) { $0.data(1, [UInt8](repeating: 1, count: 31)) }
        },
        Case("no digest", .field("blob_missing.name", "has 0 bytes where a digest has 32")) { $0.data(15, []) },
        Case("session 0", .field("welcome.session", "is 0")) { $0.data(2, []) },
        Case("no session", .field("data_hello.session", "is 0")) { $0.message(18) { $0.number(2, 5) } },
        Case(
            "a timeout that is no longer than the interval",
            .field("welcome.heartbeat_timeout_milliseconds", "is 500, which is not in 501...4294967295")
        ) {
            $0.message(2) {
                $0.number(1, 1)
                $0.number(2, 500)
                $0.number(3, 500)
            }
        },
        Case("an unknown code", .field("refused.code", "is 10, which is no code")) {
            $0.message(3) { $0.number(1, 10) }
        },
        Case("no code", .field("refused.code", "is 0, which is no code")) { $0.data(3, []) },
        Case("a negative code", .field("refused.code", "is \(UInt64.max), which does not fit")) {
            $0.message(3) { $0.number(1, .max) }
        },
        Case("a sentence that is too long", .tooLarge("refused.sentence", bytes: 4_097, limit: 4_096)) {
            $0.message(3) {
                $0.number(1, 1)
                $0.text(2, String(repeating: "s", count: 4_097))
            }
        },
        Case("an unknown reason", .field("goodbye.reason", "is 3, which is no reason")) {
            $0.message(6) { $0.number(1, 3) }
        },
        Case("an unknown cause", .field("failed.code", "is 6, which is no code"), attempt(10, 1) { $0.number(3, 6) }),
        Case("a step beyond the last", .field("heartbeat.tasks[0].step", "is 3, which is not in 0...2")) {
            $0.message(4) {
                attempt(2, 1) {
                    $0.number(3, 3); $0.number(4, 2)
                }(&$0)
            }
        },
        Case("too many running tasks", .tooMany("heartbeat.tasks", limit: 256)) {
            $0.message(4) { for _ in 0..<257 { attempt(2, 1)(&$0) } }
        },
        Case("too many names", .tooMany("release.names", limit: 1_024)) {
            $0.message(16) { for _ in 0..<1_025 { $0.data(1, digest) } }
        },
        Case("no role", .field("assignment.role", "is none that is known"), assignment(role: { _ in })),
        Case(
            "two roles",
            .field("assignment.role.head", "excludes another field"),
            assignment(role: {
                $0.number(3, 0); $0.text(5, "h")
            })
        ),
        Case(
            "more members than there are",
            .field("assignment.role.bootstrap.end", "is 4, which is not in 0...3"),
            assignment(role: {
                $0.message(1) {
                    $0.number(2, 4); $0.number(3, 3)
                }
            })
        ),
        Case(
            "more features than there are",
            .field("assignment.role.search.features.end", "is 4, which is not in 0...3"),
            assignment(role: {
                $0.message(7) {
                    $0.message(2) {
                        $0.number(2, 4); $0.number(3, 3)
                    }
                }
            })
        ),
        Case(
            "a range that ends before it begins",
            .field("assignment.role.meta_batch.first", "is 2, which is not in 0...1"),
            assignment(role: {
                $0.message(4) {
                    $0.number(2, 2); $0.number(3, 1)
                }
            })
        ),
        Case(
            "no program",
            .field("assignment.program", "is missing"),
            attempt(7, 1) { $0.message(3) { $0.number(3, 1) } }
        ),
        Case(
            "a blob twice",
            .field("assignment.attached", "names a blob twice"),
            assignment(then: {
                $0.data(6, digest); $0.data(6, digest)
            })
        ),
        Case(
            "a blob of another task",
            .field("assignment.attached[0]", "is neither the program nor an input"),
            assignment(then: { $0.data(6, [UInt8](repeating: 8, count: 32)) })
        ),
        Case(
            "too many blobs",
            .tooMany("assignment.attached", limit: 64),
            assignment(then: {
                for number in 0..<65 as Range<UInt8> { $0.data(6, [UInt8](repeating: number, count: 32)) }
            })
        ),
        Case(
            "too many inputs",
            .tooMany("assignment.inputs", limit: 512),
            assignment(then: { for _ in 0..<513 { $0.message(5, tensor(sizes: [], byteCount: 12)) } })
        ),
        Case(
            "an unknown element type",
            .field("finished.outputs[0].tensor.type.element", "is 7, which is no element type"),
            finished(tensor(element: 7, sizes: [], byteCount: 16))
        ),
        Case(
            "an element type that would fit a byte if it were cut",
            .field("finished.outputs[0].tensor.type.element", "is 257, which is no element type"),
            finished(tensor(element: 257, sizes: [], byteCount: 12))
        ),
        Case(
            "too many axes",
            .tooMany("finished.outputs[0].tensor.type.sizes", limit: 16),
            finished(tensor(sizes: [UInt64](repeating: 1, count: 17), byteCount: 148))
        ),
        Case(
            "too many elements",
            .field("finished.outputs[0].tensor.type.sizes", "makes more than \(1 << 40) elements"),
            finished(tensor(sizes: [1 << 21, 1 << 20], byteCount: 1))
        ),
        Case(
            "too many elements, though one axis is empty",
            .field("finished.outputs[0].tensor.type.sizes", "makes more than \(1 << 40) elements"),
            finished(tensor(sizes: [1 << 40, 0, 1 << 40], byteCount: 32))
        ),
        Case(
            "a size that overflows",
            .field("finished.outputs[0].tensor.type.sizes", "is \(UInt64.max), which is not in 0...\(1 << 40)"),
            finished(tensor(sizes: [.max], byteCount: 1))
        ),
        Case(
            "another length than the type's",
            .field("finished.outputs[0].tensor.byte_count", "is 13, but a blob of f32[] has 12 bytes"),
            finished(tensor(sizes: [], byteCount: 13))
        ),
        Case(
            "a truth value of 2",
            .field("finished.outputs.attached", "is 2, which does not fit"),
            attempt(9, 1) {
                $0.message(3) {
                    $0.message(1, tensor(sizes: [], byteCount: 12)); $0.number(2, 2)
                }
            }
        ),
        Case("a piece of nothing", .field("blob_request.length", "is 0, which is not in 1...262144")) {
            $0.message(13) { $0.data(1, digest) }
        },
        Case("a piece that is too long", .field("blob_request.length", "is 262145, which is not in 1...262144")) {
            $0.message(13) {
                $0.data(1, digest); $0.number(3, 262_145)
            }
        },
        Case("a piece beyond the end", .field("blob_chunk.offset", "is 6, which is not in 0...5")) {
            $0.message(14) {
                $0.data(1, digest); $0.number(2, 6); $0.number(3, 5)
            }
        },
        Case("a blob that is too long", .field("blob_chunk.total", "is \(1 << 40 | 1), which is not in 0...\(1 << 40)"))
        {
            $0.message(14) {
                $0.data(1, digest); $0.number(3, 1 << 40 | 1)
            }
        },
    ]

    @Test("is refused, and the field is named", arguments: shapes + values)
    func mistake(mistake: Case) {
        #expect(throws: mistake.error) { try Message(decoding: mistake.bytes) }
    }

    @Test("what later versions add is skipped, however deep it is nested")
    func unknownFields() throws {
        var nested: [UInt8] = []
        for _ in 0..<10_000 { nested = Array(Protobuf { $0.data(1, nested) }.bytes.prefix(60_000)) }
        let bytes = Protobuf {
            $0.number(20, 1)
            $0.message(6) {
                $0.number(1, 2)
                $0.data(100, nested)
                $0.raw([15 << 3 | 1, 1, 2, 3, 4, 5, 6, 7, 8])
                $0.raw([15 << 3 | 5, 1, 2, 3, 4])
            }
        }.bytes
        #expect(try Message(decoding: bytes) == .goodbye(Goodbye(.stopping)))
    }

    @Test("numbers of a list may come one by one, as other encoders write them")
    func unpackedNumbers() throws {
        let bytes = Protobuf { envelope in
            Self.finished { tensor in
                tensor.data(1, Self.digest)
                tensor.message(2) {
                    $0.number(1, 1)
                    $0.number(2, 3)
                    $0.packed(2, [4])
                }
                tensor.number(3, 8 + 16 + 48)
            }(&envelope)
        }.bytes
        guard case .finished(let finished) = try Message(decoding: bytes) else {
            Issue.record("another kind of message came back")
            return
        }
        #expect(finished.outputs.map(\.tensor.type) == [TensorType(.f32, [3, 4])])
    }

    @Test("exactly 8,192 fields are allowed")
    func fieldLimit() throws {
        let bytes = Protobuf { $0.message(4) { for _ in 0..<8_191 { $0.number(15, 1) } } }.bytes
        #expect(try Message(decoding: bytes) == .heartbeat(Heartbeat(session: 0)))
    }

    @Test("an envelope of exactly 64 KiB is allowed")
    func sizeLimit() throws {
        let bytes = Protobuf {
            $0.data(5, [])
            $0.data(20, [UInt8](repeating: 0, count: 65_528))
        }.bytes
        #expect(bytes.count <= WireLimits.envelope && bytes.count >= WireLimits.envelope - 2)
        #expect(try Message(decoding: bytes) == .drain)
    }
}
