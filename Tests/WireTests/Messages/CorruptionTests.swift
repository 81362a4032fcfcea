import Tensors
import TestSupport
import Testing

@testable import Wire

@Suite("Messages that were damaged", .timeLimit(.minutes(1)))
struct CorruptionTests {
    @Test("every beginning of a message is valid or refused", arguments: Sample.kinds)
    func truncations(kind: Int) throws {
        for seed in 0..<20 as Range<UInt64> {
            let bytes = try Self.bytes(ofKind: kind, seed: seed)
            for count in 0..<bytes.count {
                Self.check(Array(bytes[..<count]), "seed \(seed), the first \(count) bytes")
            }
        }
    }

    @Test("a message with any one bit turned is valid or refused", arguments: Sample.kinds)
    func flippedBits(kind: Int) throws {
        for seed in 0..<6 as Range<UInt64> {
            var bytes = try Self.bytes(ofKind: kind, seed: seed)
            for bit in 0..<bytes.count * 8 {
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                Self.check(bytes, "seed \(seed), bit \(bit)")
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            }
        }
    }

    @Test("a message with bytes cut out, doubled or exchanged is valid or refused")
    func mutations() throws {
        for seed in 0..<20_000 as Range<UInt64> {
            var random = Seeded(seed)
            var bytes = try Self.bytes(ofKind: Int.random(in: Sample.kinds, using: &random), seed: seed)
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let start = Int.random(in: 0..<bytes.count, using: &random)
                let end = min(start + Int.random(in: 1...40, using: &random), bytes.count)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.removeSubrange(start..<end)
                case 1: bytes.insert(contentsOf: bytes[start..<end], at: Int.random(in: 0...start, using: &random))
                default: bytes[start] = UInt8.random(in: 0...255, using: &random)
                }
            }
            Self.check(bytes, "seed \(seed)")
        }
    }

    @Test("random bytes are valid or refused")
    func randomBytes() {
        for seed in 0..<50_000 as Range<UInt64> {
            var random = Seeded(seed)
            let count = Int.random(in: 0...(random.oneIn(8) ? 400 : 24), using: &random)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            // Half of them begin as one of the messages does.
            if random.oneIn(2), bytes.count >= 2 {
                bytes[0] = UInt8(Int.random(in: Sample.kinds, using: &random) << 3 & 127) | 2
                bytes[1] = UInt8(clamping: bytes.count - 2)
            }
            Self.check(bytes, "seed \(seed)")
        }
    }

    /// A message that is not too long for all of its bits to be turned.
    private static func bytes(ofKind kind: Int, seed: UInt64) throws -> [UInt8] {
        var random = Seeded(seed)
        while true {
            let bytes = try Sample.message(kind, using: &random).encoded()
            if bytes.count <= 1_200 { return bytes }
        }
    }

    private static let kinds: Set<String> = {
        var random = Seeded(0)
        return Set(Sample.kinds.map { Sample.message($0, using: &random).kind })
    }()

    /// Bytes either decode to a value that can be encoded again, or the error tells where the mistake is.
    private static func check(_ bytes: [UInt8], _ story: @autoclosure () -> String) {
        let message: Message
        do throws(WireError) {
            message = try Message(decoding: bytes)
        } catch {
            if !names(error) { Issue.record("\(story()): \(error)") }
            return
        }
        do throws(WireError) {
            let again = try Message(decoding: message.encoded())
            if again != message { Issue.record("\(story()): \(message) became \(again)") }
        } catch {
            Issue.record("\(story()): \(message) was accepted, but not again: \(error)")
        }
    }

    /// Whether an error of decoding names the envelope or a field of one of the messages.
    private static func names(_ error: WireError) -> Bool {
        switch error {
        case .tooLarge(let field, _, _), .tooMany(let field, _), .field(let field, _):
            field.isEmpty || kinds.contains(String(field.prefix { $0 != "." && $0 != "[" }))
        case .unknownMessage(let number): number > Sample.kinds.upperBound
        case .unknownVersion(let version): version != Hello.protocolVersion
        case .frames, .chosenRoutingID: false
        }
    }
}
