/// Who somebody is: the half of a Curve25519 key pair that anybody may know.
///
/// Its text is 64 hexadecimal digits, which no shell and no file takes for anything else.
package struct PublicKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Bytes of a key.
    static let byteCount = 32

    /// The key, as the library takes it.
    let bytes: [UInt8]

    init(bytes: [UInt8]) {
        precondition(bytes.count == Self.byteCount, "a key has 32 bytes")
        self.bytes = bytes
    }

    /// Reads 64 hexadecimal digits, with small letters; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard let bytes = Hexadecimal.bytes(Array(text.utf8)), bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// The form that `init` reads.
    package var description: String { String(decoding: Hexadecimal.digits(bytes), as: UTF8.self) }

    /// Its first eight digits, for people; not enough to tell it from one that was made to look alike.
    package var short: String { String(description.prefix(8)) }

    /// Orders by bytes.
    package static func < (left: PublicKey, right: PublicKey) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}
