import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("Texts of keys")
struct KeyTextTests {
    /// The example of RFC 7748, section 6.1.
    private static let secret = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
    private static let shared = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"

    private static let secretText = """
        troupe secret key 1
        name gpu-1
        public \(shared)
        secret \(secret)

        """
    private static let publicText = """
        troupe public key 1
        name gpu-1
        public \(shared)

        """
    private static let listText = """
        troupe authorized keys 1
        # the two of us
        \(shared) gpu-1

        1111111111111111111111111111111111111111111111111111111111111111 gpu-2

        """

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("are written as they have always been, and read")
    func golden() throws {
        let key = try #require(try SecretKey(digits: Self.bytes(Self.secret)[...]))
        #expect(KeyText.text(of: key, name: "gpu-1").content == Self.bytes(Self.secretText))
        let read = try KeyText.readSecret(ErasedBytes(Self.bytes(Self.secretText)))
        #expect(read.name == "gpu-1" && read.secret == key)

        let named = KeyText.Named(name: "gpu-1", key: key.publicKey)
        #expect(KeyText.text(of: named) == Self.bytes(Self.publicText))
        #expect(try KeyText.readPublic(Self.bytes(Self.publicText)) == named)

        let list = try KeyText.readList(Self.bytes(Self.listText))
        #expect(list.names.values.sorted() == ["gpu-1", "gpu-2"] && list.names[key.publicKey] == "gpu-1")
        #expect(
            try KeyText.adding(named, to: KeyText.emptyList)
                == Self.bytes("troupe authorized keys 1\n\(Self.shared) gpu-1\n")
        )
    }

    @Test("are refused when they are cut off anywhere")
    func truncated() {
        for count in 0..<Self.secretText.utf8.count {
            #expect(throws: KeyText.Problem.self) {
                try KeyText.readSecret(ErasedBytes(Array(Self.bytes(Self.secretText).prefix(count))))
            }
        }
        for count in 0..<Self.publicText.utf8.count {
            #expect(throws: KeyText.Problem.self) {
                try KeyText.readPublic(Array(Self.bytes(Self.publicText).prefix(count)))
            }
        }
        for count in 0..<Self.listText.utf8.count {
            guard let list = try? KeyText.readList(Array(Self.bytes(Self.listText).prefix(count))) else { continue }
            // A list that ends after a line is one.
            #expect(Array(Self.bytes(Self.listText).prefix(count)).last == UInt8(ascii: "\n"))
            #expect(list.names.count <= 2)
        }
    }

    @Test("never give another secret key than the one that was written, whichever byte is changed")
    func changed() throws {
        let key = try #require(try SecretKey(digits: Self.bytes(Self.secret)[...]))
        for index in Self.bytes(Self.secretText).indices {
            for change in [1, 32, 128] as [UInt8] {
                var text = Self.bytes(Self.secretText)
                text[index] ^= change
                guard let read = try? KeyText.readSecret(ErasedBytes(text)) else { continue }
                // Of the secret some bits mean nothing.
                #expect(read.secret.publicKey == key.publicKey, "byte \(index)")
            }
        }
    }

    @Test("with mistakes are refused with the line")
    func mistakes() {
        let cases: [(String, String)] = [
            ("", "its first line is not 'troupe authorized keys 1'"),
            ("troupe authorized keys 2\n", "its first line is not 'troupe authorized keys 1'"),
            ("troupe authorized keys 1", "its last line is cut off"),
            ("troupe authorized keys 1\n\(Self.shared)\n", "line 2 is not 64 hexadecimal digits and a name"),
            ("troupe authorized keys 1\n\(Self.shared) a b\n", "line 2 is not 64 hexadecimal digits and a name"),
            ("troupe authorized keys 1\n\(Self.shared) ../a\n", "line 2 is not 64 hexadecimal digits and a name"),
            (
                "troupe authorized keys 1\n\n\(Self.shared.dropLast()) a\n",
                "line 3 is not 64 hexadecimal digits and a name"
            ),
            (
                "troupe authorized keys 1\n\(Self.shared) a\n\(Self.shared) b\n",
                "line 3 names a key for the second time"
            ),
        ]
        for (text, reason) in cases {
            #expect(throws: KeyText.Problem(reason: reason), "\(text)") { try KeyText.readList(Self.bytes(text)) }
        }
    }

    @Test("of lists hold exactly those who were added and not removed since")
    func additions() throws {
        let keys = try (0..<6).map { _ in try SecretKey.generate().publicKey }
        for seed in 0..<100 as Range<UInt64> {
            var random = Seeded(seed)
            var text = KeyText.emptyList
            var truth: [PublicKey: String] = [:]
            for step in 0..<30 {
                let key = keys[Int.random(in: 0..<keys.count, using: &random)]
                if random.oneIn(2) {
                    text = try KeyText.adding(KeyText.Named(name: "n\(step)", key: key), to: text)
                    truth[key] = truth[key] ?? "n\(step)"
                } else {
                    let before = text
                    text = try KeyText.removing(key, from: text)
                    if truth.removeValue(forKey: key) == nil { #expect(text == before) }
                }
                if random.oneIn(5) { text += Array("# a remark\n\n".utf8) }
                #expect(try KeyText.readList(text).names == truth)
            }
        }
    }

    @Test("hold names that are safe as names of files and in lines")
    func names() {
        for name in ["a", "gpu-1", "node_7.example.org", String(repeating: "x", count: 64)] {
            #expect(KeyText.isName(name))
        }
        for name in ["", ".", "..", "-a", "_a", ".a", "a b", "a/b", "a\n", "ä", String(repeating: "x", count: 65)] {
            #expect(!KeyText.isName(name), "\(name)")
        }
    }
}
