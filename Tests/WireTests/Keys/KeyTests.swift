import TestSupport
import Testing

@testable import Wire

@Suite("Keys")
struct KeyTests {
    /// The example of RFC 7748, section 6.1.
    private static let example = (
        secret: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        shared: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    )

    @Test("a secret key's public key is that of the published example")
    func published() throws {
        let secret = try #require(try SecretKey(digits: Array(Self.example.secret.utf8)[...]))
        #expect("\(secret.publicKey)" == Self.example.shared)
    }

    @Test("a new key pair is read again from its digits, and no two are alike")
    func generated() throws {
        var seen: Set<PublicKey> = []
        for _ in 0..<20 {
            let secret = try SecretKey.generate()
            #expect(seen.insert(secret.publicKey).inserted)
            let again = try secret.withDigits { try SecretKey(digits: $0) }
            #expect(again == secret)
            #expect(PublicKey(secret.publicKey.description) == secret.publicKey)
        }
    }

    @Test("a secret key is not printed")
    func secrecy() throws {
        let secret = try SecretKey.generate()
        var dumped = ""
        dump(secret, to: &dumped)
        let texts = ["\(secret)", String(reflecting: secret), dumped, "\([secret])"]
        secret.withDigits { digits in
            for text in texts { #expect(!text.contains(String(decoding: digits.prefix(8), as: UTF8.self))) }
        }
    }

    @Test("what is no key is not read as one")
    func malformed() throws {
        let key = try SecretKey.generate().publicKey.description
        for text in [
            "", String(key.dropLast()), key + "0", key.uppercased() + "", "g" + key.dropFirst(), " " + key.dropFirst(),
        ] where text != key {
            #expect(PublicKey(text) == nil, "\(text)")
            #expect(try SecretKey(digits: Array(text.utf8)[...]) == nil, "\(text)")
        }
    }
}
