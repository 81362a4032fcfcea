import CProtobuf
import TestSupport
import Testing

@testable import Wire

@Suite("Messages that travel together")
struct BundleTests {
    private static func envelopes(_ random: inout Seeded) throws -> [[UInt8]] {
        try (0..<Int.random(in: 1...40, using: &random)).map { _ in
            try Sample.message(Int.random(in: Sample.kinds, using: &random), using: &random).encoded()
        }
    }

    private static func read(_ bytes: [UInt8]) throws(WireError) -> [[UInt8]]? {
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(WireError) in try Bundle.envelopes(in: bytes)?.map { Array($0) } }
        }.get()
    }

    @Test("what went in comes out, and protobuf-c reads the same")
    func roundTrip() throws {
        for seed in 0..<400 as Range<UInt64> {
            var random = Seeded(seed)
            let envelopes = try Self.envelopes(&random)
            let bytes = Bundle.envelope(of: envelopes)
            let size = envelopes.reduce(0) { $0 + Bundle.byteCount(ofEnvelope: $1.count) }
            #expect(bytes.count == size + (size < 128 ? 3 : size < 16_384 ? 4 : 5), "seed \(seed)")
            guard bytes.count <= WireLimits.envelope else {
                #expect(throws: WireError.self) { try Self.read(bytes) }
                continue
            }
            #expect(try Self.read(bytes) == envelopes, "seed \(seed)")
            let cell = try #require(troupe__envelope__unpack(nil, bytes.count, bytes))
            defer { troupe__envelope__free_unpacked(cell, nil) }
            #expect(cell.pointee.message_case == TROUPE__ENVELOPE__MESSAGE_BUNDLE)
            let bundle = cell.pointee.bundle.pointee
            let found = UnsafeBufferPointer(start: bundle.envelopes, count: bundle.n_envelopes).map { data in
                Array(UnsafeBufferPointer(start: data.data, count: data.len))
            }
            #expect(found == envelopes, "seed \(seed)")
            // No message is a bundle, so none holds one.
            #expect(throws: WireError.unknownMessage(number: 19)) { try Message(decoding: bytes) }
        }
    }

    @Test("a single message is none, with unknown fields or without", arguments: Sample.kinds)
    func single(kind: Int) throws {
        var random = Seeded(UInt64(kind))
        let bytes = try Sample.message(kind, using: &random).encoded()
        #expect(try Self.read(bytes) == nil)
        #expect(try Self.read(bytes + Protobuf { $0.data(99, [1]) }.bytes) == nil)
        #expect(try Self.read([]) == nil)
    }

    /// Bundles that are none, and why.
    static let mistakes: [(Protobuf, WireError)] = [
        (Protobuf { $0.message(19) { _ in } }, .field("bundle.envelopes", "is empty")),
        (Protobuf { $0.number(19, 1) }, .field("bundle", "has the wrong wire type")),
        (Protobuf { $0.message(19) { $0.number(1, 1) } }, .field("bundle.envelopes", "has the wrong wire type")),
        (
            Protobuf {
                for _ in 0..<2 { $0.message(19) { $0.data(1, [42, 0]) } }
            },
            .field("bundle", "excludes another field")
        ),
        (
            Protobuf {
                $0.message(19) { $0.data(1, [42, 0]) }
                $0.message(5) { _ in }
            },
            .field("bundle", "excludes another field")
        ),
        (
            Protobuf { $0.message(19) { for _ in 0..<257 { $0.data(1, [42, 0]) } } },
            .tooMany("bundle.envelopes", limit: 256)
        ),
        (
            Protobuf { $0.message(19) { for _ in 0..<8_193 { $0.data(2, []) } } },
            .tooMany("bundle", limit: 8_192)
        ),
        (
            Protobuf { $0.data(19, [10, 5, 42, 0]) },
            .field("bundle", "ends inside field 1, which announces 5 bytes where 2 are left")
        ),
    ]

    @Test("what is no bundle is refused with the field", arguments: 0..<mistakes.count)
    func mistake(index: Int) {
        let (bytes, error) = Self.mistakes[index]
        #expect(throws: error) { try Self.read(bytes.bytes) }
    }

    @Test("a damaged one is read within its bounds or refused")
    func damage() throws {
        for seed in 0..<4_000 as Range<UInt64> {
            var random = Seeded(seed)
            var bytes = Bundle.envelope(of: try Self.envelopes(&random).prefix(8))
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<min(bytes.count, random.oneIn(2) ? 12 : bytes.count), using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeLast(bytes.count - place - 1)
                default: bytes.insert(255, at: place)
                }
            }
            let found = try? Self.read(bytes) ?? []
            #expect(found.map { $0.reduce(0) { $0 + $1.count } < bytes.count } ?? true, "seed \(seed)")
        }
    }
}
