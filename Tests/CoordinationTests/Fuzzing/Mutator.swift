import Tensors
import TestSupport

@testable import Wire

/// Turns messages into what arrives when a link, a bug or somebody who means harm had a hand in it.
struct Mutator {
    /// A packed envelope, and the sizes of the frames that follow it.
    struct Packet {
        var bytes: [UInt8]
        var sizes: [Int]

        /// The message, if a receiver would take it.
        var message: Message? {
            do throws(WireError) {
                let message = try Message(decoding: bytes)
                try message.check(frameSizes: sizes)
                return message
            } catch {
                return nil
            }
        }
    }

    private var random: Seeded
    /// Envelopes of before, to be spliced with.
    private var pool: [[UInt8]] = []

    init(seed: UInt64) { random = Seeded(seed) }

    /// A message with up to four mistakes; now and then it is as it should be.
    mutating func packet(of message: Message) throws -> Packet {
        var packet = Packet(bytes: try message.encoded(), sizes: Self.frameSizes(of: message))
        remember(packet.bytes)
        guard !random.oneIn(4) else { return packet }
        if random.oneIn(8) { damageFrames(of: &packet) }
        for _ in 0..<random.integer(0...3) { damage(&packet.bytes) }
        return packet
    }

    private static func frameSizes(of message: Message) -> [Int] {
        if case .blobChunk(let chunk) = message { return [min(chunk.total - chunk.offset, WireLimits.frame)] }
        var sizes: [Int] = []
        message.forEachFrame { size in if let size { sizes.append(size) } }
        return sizes
    }

    private mutating func remember(_ bytes: [UInt8]) {
        if pool.count < 64 { return pool.append(bytes) }
        pool[random.integer(0...63)] = bytes
    }

    private mutating func damageFrames(of packet: inout Packet) {
        switch random.integer(0...4) {
        case 0: packet.sizes.append(random.pick([0, 1, 4_096, WireLimits.frame, WireLimits.frame + 1]))
        case 1: packet.sizes = []
        case 2: packet.sizes = Array(repeating: 1, count: random.integer(1...80))
        case 3: packet.sizes = Array(repeating: WireLimits.frame, count: random.integer(1...6))
        default:
            guard let index = packet.sizes.indices.randomElement(using: &random) else { return }
            packet.sizes[index] = max(packet.sizes[index] + random.integer(-2...2), 0)
        }
    }

    private mutating func damage(_ bytes: inout [UInt8]) {
        let start = bytes.isEmpty ? 0 : random.integer(0...bytes.count - 1)
        let end = min(start + random.integer(1...40), bytes.count)
        switch random.integer(0...11) {
        case 0, 1:
            for _ in 0..<random.integer(1...3) where !bytes.isEmpty {
                let bit = random.integer(0...bytes.count * 8 - 1)
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            }
        case 2: bytes.removeLast(bytes.count - start)
        case 3: bytes.removeSubrange(start..<end)
        case 4: bytes.insert(contentsOf: bytes[start..<end], at: start)
        case 5: bytes.insert(contentsOf: (0...random.integer(0...8)).map { _ in UInt8(random.next() >> 56) }, at: start)
        case 6:
            let other = random.pick(pool)
            bytes.replaceSubrange(start..., with: other.suffix(random.integer(0...other.count)))
        // Protobuf merges a field that comes twice; another kind takes its place.
        case 7: bytes += random.oneIn(2) ? bytes : random.pick(pool)
        case 8: bytes.replaceSubrange(start..<min(start + 1, bytes.count), with: Self.numbers[random.integer(0...4)])
        case 9:
            bytes = Self.nested(bytes, random.integer(1...(random.oneIn(50) ? 3_000 : 12)), tag: random.pick(Self.tags))
        case 10: if random.oneIn(100) { bytes = Self.repeated(bytes, to: random.integer(1...WireLimits.envelope + 9)) }
        default: if start < bytes.count { bytes[start] = random.pick([0, 1, 127, 128, 255]) }
        }
    }

    /// Lengths and numbers at the ends of what there can be, and beyond.
    private static let numbers: [[UInt8]] = [
        [0x80, 0x80, 0x04], [0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        Array(repeating: 0xFF, count: 9) + [0x01], Array(repeating: 0x80, count: 12),
    ]

    /// Fields 1 to 15 that hold messages.
    private static let tags = (1...15).map { UInt8($0 << 3 | 2) }

    /// Messages in messages in messages.
    private static func nested(_ bytes: [UInt8], _ depth: Int, tag: UInt8) -> [UInt8] {
        var heads: [[UInt8]] = []
        var count = bytes.count
        for _ in 0..<depth {
            var head = [tag]
            var rest = count
            while rest > 127 {
                head.append(UInt8(rest & 127) | 128)
                rest >>= 7
            }
            head.append(UInt8(rest))
            count += head.count
            heads.append(head)
        }
        return heads.reversed().flatMap { $0 } + bytes
    }

    private static func repeated(_ bytes: [UInt8], to count: Int) -> [UInt8] {
        guard !bytes.isEmpty else { return [] }
        return Array((0...count / bytes.count).map { _ in bytes }.joined().prefix(count))
    }
}
