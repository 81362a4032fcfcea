import CCrypto

/// A SHA-256 digest: the name of a program, a tensor, a task or a blob.
public struct Hash: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The number of bytes of a digest.
    public static let byteCount = 32

    /// The digest, 32 bytes.
    public let bytes: [UInt8]

    /// Takes a digest that was computed elsewhere.
    ///
    /// - Returns: nil unless there are exactly 32 bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
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
        self.bytes = bytes
    }

    /// The SHA-256 of some bytes.
    public init(of content: [UInt8]) {
        self = content.withUnsafeBytes { Hash(of: $0) }
    }

    init(of content: UnsafeRawBufferPointer) {
        bytes = [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
            // One call per digest; it cannot fail for memory that exists.
            _ = SHA256(content.baseAddress?.assumingMemoryBound(to: UInt8.self), content.count, digest.baseAddress)
            count = Self.byteCount
        }
    }

    /// 64 hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The first eight hexadecimal digits, for people.
    public var short: String { String(description.prefix(8)) }

    /// Orders digests by their bytes.
    public static func < (left: Hash, right: Hash) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
