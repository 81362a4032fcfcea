import CCrypto

/// A SHA-256 digest: the name of a program, a tensor, a task or a blob.
public struct Hash: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The number of bytes of a digest.
    public static let byteCount = 32

    /// The digest as numbers, the most significant first.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// The digest, 32 bytes.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { bytes, count in
            if let start = bytes.baseAddress { write(to: UnsafeMutableRawPointer(start)) }
            count = Self.byteCount
        }
    }

    /// Writes the 32 bytes of the digest.
    package func write(to target: UnsafeMutableRawPointer) {
        target.storeBytes(of: words.0.bigEndian, as: UInt64.self)
        target.storeBytes(of: words.1.bigEndian, toByteOffset: 8, as: UInt64.self)
        target.storeBytes(of: words.2.bigEndian, toByteOffset: 16, as: UInt64.self)
        target.storeBytes(of: words.3.bigEndian, toByteOffset: 24, as: UInt64.self)
    }

    /// Takes a digest that was computed elsewhere.
    ///
    /// - Returns: nil unless there are exactly 32 bytes.
    public init?(bytes: some Collection<UInt8>) {
        let inPlace = bytes.withContiguousStorageIfAvailable { Hash(digest: UnsafeRawBufferPointer($0)) }
        guard let hash = inPlace ?? Array(bytes).withUnsafeBytes({ Hash(digest: $0) }) else { return nil }
        self = hash
    }

    /// Takes a digest that lies in memory.
    ///
    /// - Returns: nil unless there are exactly 32 bytes.
    package init?(digest: UnsafeRawBufferPointer) {
        guard digest.count == Self.byteCount else { return nil }
        words = (Self.word(0, of: digest), Self.word(1, of: digest), Self.word(2, of: digest), Self.word(3, of: digest))
    }

    private static func word(_ index: Int, of digest: UnsafeRawBufferPointer) -> UInt64 {
        UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
    }

    /// Reads the 64 hexadecimal digits that `description` prints.
    public init?(_ hexadecimal: String) {
        let digits = Array(hexadecimal.utf8)
        guard digits.count == 2 * Self.byteCount else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Self.nibble(digits[index]), let low = Self.nibble(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self.init(bytes: bytes)
    }

    /// The SHA-256 of some bytes.
    public init(of content: [UInt8]) {
        self = content.withUnsafeBytes { Hash(of: $0) }
    }

    /// The SHA-256 of some bytes that lie in memory.
    package init(of content: UnsafeRawBufferPointer) {
        var digest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        troupe_sha256(content.baseAddress, content.count, &digest)
        words = (digest.0.bigEndian, digest.1.bigEndian, digest.2.bigEndian, digest.3.bigEndian)
    }

    /// The SHA-256 of a length and one digest.
    init(of length: Int, and digest: Hash) {
        let words = digest.words
        let content = (
            UInt64(length).littleEndian, words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian
        )
        self = withUnsafeBytes(of: content) { Hash(of: $0) }
    }

    /// 64 hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The first eight hexadecimal digits, for people.
    public var short: String { String(description.prefix(8)) }

    /// Orders digests by their bytes.
    public static func < (left: Hash, right: Hash) -> Bool { left.words < right.words }

    /// Digests are equal when all of their bytes are.
    public static func == (left: Hash, right: Hash) -> Bool { left.words == right.words }

    /// Feeds the digest to a hasher, all of it: a name that came from outside need not be the digest of anything.
    public func hash(into hasher: inout Hasher) { hasher.combine(folded) }

    // swift-format-ignore: NoLeadingUnderscores
    /// What dictionaries and sets ask for. To feed a hasher takes several times as long as to fold the digest, which is no worse,
    /// since nobody outside knows the keys; and each task is looked up some hundred times.
    public func _rawHashValue(seed: Int) -> Int { folded.scattered(by: seed) }

    /// The digest in one number, by random keys: NH of Black et al. 1999, by which two digests fall together as seldom as random
    /// numbers, whoever chose them.
    private var folded: UInt64 {
        let keys = Self.keys
        let first = (words.0 &+ keys.0).multipliedFullWidth(by: words.1 &+ keys.1)
        let second = (words.2 &+ keys.2).multipliedFullWidth(by: words.3 &+ keys.3)
        return (first.low &+ second.low) ^ (first.high &+ second.high)
    }

    private static let keys: (UInt64, UInt64, UInt64, UInt64) = (
        .random(in: 0 ... .max), .random(in: 0 ... .max), .random(in: 0 ... .max), .random(in: 0 ... .max)
    )

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
