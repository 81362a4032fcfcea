import Tasks
import Tensors
import TestSupport
import Testing

@testable import Wire

@Suite("Messages, there and back")
struct RoundTripTests {
    @Test("what is decoded is what was encoded", arguments: Sample.kinds)
    func roundTrip(kind: Int) throws {
        for seed in 0..<200 as Range<UInt64> {
            var random = Seeded(seed &* 16 &+ UInt64(kind))
            let message = Sample.message(kind, using: &random)
            let bytes = try message.encoded()
            let decoded = try Message(decoding: bytes)
            #expect(decoded == message, "seed \(seed)")
            // Where canonically equivalent strings are equal, only the bytes show that none was changed.
            #expect(try decoded.encoded() == bytes, "seed \(seed)")
        }
    }

    @Test("the kind is the name in the protocol", arguments: Sample.kinds)
    func kind(number: Int) {
        let names = [
            "hello", "welcome", "refused", "heartbeat", "drain", "goodbye", "assignment", "started", "finished",
            "failed", "accepted", "cancel", "blob_request", "blob_chunk", "blob_missing", "release", "data_summons",
            "data_hello",
        ]
        var random = Seeded(1)
        #expect(Sample.message(number, using: &random).kind == names[number - 1])
    }

    @Test("texts are cut to their limits between characters, and lose their zero characters")
    func texts() throws {
        let long = String(repeating: "漢", count: 2_000)
        let hello = Hello(
            numericsVersion: 1,
            name: long,
            build: "a\0b",
            slots: 1,
            cores: 1,
            memoryLimitBytes: 0,
            processID: 1
        )
        #expect(hello.name == String(repeating: "漢", count: 85))
        #expect(hello.build == "ab")
        let refused = Refused(.full, long + "\0", field: long)
        #expect(refused.sentence.utf8.count == 4_095 && refused.field.utf8.count == 255)
        let failed = TaskFailed(task: Sample.hash(1), attempt: 1, code: .execution, sentence: long)
        #expect(failed.sentence.utf8.count == 4_095)
        let assignment = Assignment(
            task: Sample.hash(1),
            attempt: 1,
            role: .named("\0" + long),
            program: ProgramBlob(hash: Sample.hash(2), name: Sample.hash(3), byteCount: 1),
            inputs: []
        )
        guard case .assignment(let decoded) = try Message(decoding: Message.assignment(assignment).encoded()) else {
            Issue.record("another kind of message came back")
            return
        }
        #expect(decoded.role == .named(String(repeating: "漢", count: 85)))
    }
}
