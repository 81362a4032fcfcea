import CZeroMQ
import Glibc

/// The half of a Curve25519 key pair that only its owner knows.
///
/// It is overwritten when it is let go of. That holds for this copy and for what was made on the way to it, not for the
/// copy that a socket keeps, nor for what the system may have swapped out.
///
/// `@unchecked`: the bytes do not change from `init` to `deinit`.
package final class SecretKey: @unchecked Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// Bytes of a key; twice as many digits.
    private static let byteCount = 32
    /// Characters of a key in the library's own text, with the zero at its end.
    private static let textCount = 41

    private let place: UnsafeMutableRawBufferPointer
    /// The half that anybody may know.
    package let publicKey: PublicKey

    /// A new key pair, of the system's randomness.
    ///
    /// - Throws: `SocketError.noCurve` when the library was built without encryption.
    package static func generate() throws(SocketError) -> SecretKey {
        try Transport.checkCurve()
        var shared = [CChar](repeating: 0, count: textCount)
        var secret = [CChar](repeating: 0, count: textCount)
        defer { erase(&secret) }
        guard zmq_curve_keypair(&shared, &secret) == 0 else { throw .last("Cannot make a key pair") }
        return try SecretKey(text: &secret)
    }

    /// Reads 64 hexadecimal digits, with small letters.
    ///
    /// - Returns: nil for anything else.
    /// - Throws: `SocketError.noCurve` when the library was built without encryption.
    package init?(digits: ArraySlice<UInt8>) throws(SocketError) {
        try Transport.checkCurve()
        guard digits.count == 2 * Self.byteCount else { return nil }
        let place = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.byteCount, alignment: 16)
        var isValid = true
        for index in place.indices {
            let start = digits.startIndex + 2 * index
            let (high, low) = (Hexadecimal.value(digits[start]), Hexadecimal.value(digits[start + 1]))
            isValid = isValid && high != nil && low != nil
            place[index] = (high ?? 0) << 4 | (low ?? 0)
        }
        var text = [CChar](repeating: 0, count: Self.textCount)
        defer { Self.erase(&text) }
        let bytes = place.bindMemory(to: UInt8.self).baseAddress
        guard isValid, zmq_z85_encode(&text, bytes, Self.byteCount) != nil, let key = Self.publicKey(of: &text) else {
            Self.release(place)
            return nil
        }
        self.place = place
        publicKey = key
    }

    private init(text: inout [CChar]) throws(SocketError) {
        place = .allocate(byteCount: Self.byteCount, alignment: 16)
        let bytes = place.bindMemory(to: UInt8.self).baseAddress
        guard zmq_z85_decode(bytes, text) != nil, let key = Self.publicKey(of: &text) else {
            Self.release(place)
            throw .last("Cannot make a key pair")
        }
        publicKey = key
    }

    deinit { Self.release(place) }

    private static func publicKey(of secret: inout [CChar]) -> PublicKey? {
        var text = [CChar](repeating: 0, count: textCount)
        var bytes = [UInt8](repeating: 0, count: byteCount)
        guard zmq_curve_public(&text, secret) == 0, zmq_z85_decode(&bytes, text) != nil else { return nil }
        return PublicKey(bytes: bytes)
    }

    private static func release(_ place: UnsafeMutableRawBufferPointer) {
        if let start = place.baseAddress { explicit_bzero(start, place.count) }
        place.deallocate()
    }

    private static func erase(_ text: inout [CChar]) {
        text.withUnsafeMutableBytes { bytes in if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) } }
    }

    /// Lends its 64 digits, which are overwritten afterwards.
    package func withDigits<Result>(_ body: (ArraySlice<UInt8>) throws -> Result) rethrows -> Result {
        var digits = Hexadecimal.digits(place)
        defer {
            digits.withUnsafeMutableBytes { bytes in
                if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
            }
        }
        return try body(digits[...])
    }

    /// Lends its bytes to the library.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { body(UnsafeRawBufferPointer(place)) }

    /// Whether two keys are the same.
    package static func == (left: SecretKey, right: SecretKey) -> Bool { left.publicKey == right.publicKey }

    /// Hashes what anybody may know.
    package func hash(into hasher: inout Hasher) { hasher.combine(publicKey) }

    /// Whose key it is, and nothing of what it is.
    package var description: String { "the secret key of \(publicKey.short)" }

    /// Keeps its inside from being printed.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
