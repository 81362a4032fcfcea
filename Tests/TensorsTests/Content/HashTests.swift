import Tensors
import Testing

@Suite("Hashes")
struct HashTests {
    /// FIPS 180-4 examples, as `sha256sum` prints them.
    private let known: [(content: String, digest: String)] = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ]

    @Test("a digest is SHA-256")
    func digests() {
        for (content, digest) in known { #expect(Hash(of: Array(content.utf8)).description == digest) }
    }

    @Test("64 hexadecimal digits of either case are read; anything else is not")
    func reading() {
        for (content, digest) in known {
            #expect(Hash(digest) == Hash(of: Array(content.utf8)))
            #expect(Hash(digest.uppercased())?.description == digest)
            #expect(Hash(digest)?.short == String(digest.prefix(8)))
            for wrong in [digest + "0", String(digest.dropLast()), digest.replacing("4", with: "g"), "é" + digest] {
                #expect(Hash(wrong) == nil, "\(wrong)")
            }
        }
        #expect(Hash("") == nil)
    }

    @Test("exactly 32 bytes are a digest, and digests are ordered by their bytes")
    func bytes() throws {
        for count in [0, 31, 33] { #expect(Hash(bytes: [UInt8](repeating: 1, count: count)) == nil) }
        let low = try #require(Hash(bytes: [UInt8](repeating: 0, count: 31) + [255]))
        let high = try #require(Hash(bytes: [1] + [UInt8](repeating: 0, count: 31)))
        #expect(low < high && !(high < low) && !(low < low))
    }

    @Test("digests that somebody chose, all alike but for a few bits, are spread over a table as random ones are")
    func spread() throws {
        for place in 0..<32 {
            for shift in [0, 4] {
                let digests = try (0..<4_096).map { number in
                    var bytes = [UInt8](repeating: 0, count: 32)
                    bytes[place] = UInt8(truncatingIfNeeded: number << shift)
                    bytes[(place + 9) % 32] = UInt8(truncatingIfNeeded: number >> (8 - shift))
                    return try #require(Hash(bytes: bytes))
                }
                let distinct = Set(digests.map(\.bytes))
                let buckets = Set(digests.map { $0.hashValue & 4_095 })
                // Of random numbers 63 % are different; a standard deviation is 31.
                #expect(Double(buckets.count) > 0.5 * Double(distinct.count), "\(place), \(shift)")
                #expect(Set(digests).count == distinct.count)
            }
        }
    }
}
