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
            let raw = UnsafeMutableRawBufferPointer(bytes)
            for (index, word) in [words.0, words.1, words.2, words.3].enumerated() {
                raw.storeBytes(of: word.bigEndian, toByteOffset: 8 * index, as: UInt64.self)
            }
            count = Self.byteCount
        }
    }

    /// Takes a digest that was computed elsewhere.
    ///
    /// - Returns: nil unless there are exactly 32 bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(digest: Array(bytes))
    }

    /// Takes 32 bytes.
    private init(digest: [UInt8]) {
        func word(_ index: Int) -> UInt64 {
            digest[(8 * index)..<(8 * index + 8)].reduce(0) { $0 << 8 | UInt64($1) }
        }
        words = (word(0), word(1), word(2), word(3))
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
        self.init(digest: bytes)
    }

    /// The SHA-256 of some bytes.
    public init(of content: [UInt8]) {
        self = content.withUnsafeBytes { Hash(of: $0) }
    }

    init(of content: UnsafeRawBufferPointer) {
        let digest = [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
            // One call per digest; it cannot fail for memory that exists.
            _ = SHA256(content.baseAddress?.assumingMemoryBound(to: UInt8.self), content.count, digest.baseAddress)
            count = Self.byteCount
        }
        self.init(digest: digest)
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
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
