import Wire

/// The texts of files that hold keys. Each begins with a line that says what it is, in which version.
///
///     troupe secret key 1          troupe public key 1          troupe authorized keys 1
///     name gpu-1                   name gpu-1                   # comments and empty lines are left alone
///     public 5e1b…                 public 5e1b…                 5e1b… gpu-1
///     secret 77c4…
enum KeyText {
    /// A public key and how people call it.
    struct Named: Hashable {
        var name: String
        var key: PublicKey
    }

    /// Why a text cannot be read; goes on from the file's name.
    struct Problem: Error, Hashable {
        let reason: String
    }

    static let secretHead = "troupe secret key 1"
    static let publicHead = "troupe public key 1"
    static let listHead = "troupe authorized keys 1"

    /// Whether a key may be called so.
    static func isName(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isPlain && (1...64).contains(name.utf8.count) && !".-_".contains(name.first ?? ".")
    }

    // MARK: Writing

    static func text(of named: Named) -> [UInt8] {
        Array("\(publicHead)\nname \(named.name)\npublic \(named.key)\n".utf8)
    }

    /// The text of a secret key, which is overwritten when it is let go of.
    static func text(of secret: SecretKey, name: String) -> ErasedBytes {
        let head = Array("\(secretHead)\nname \(name)\npublic \(secret.publicKey)\nsecret ".utf8)
        return secret.withDigits { ErasedBytes(joining: [head[...], $0, [newline]]) }
    }

    // MARK: Reading

    static func readPublic(_ text: [UInt8]) throws(Problem) -> Named {
        let lines = try lines(text, head: publicHead, count: 3)
        return try named(lines)
    }

    /// Reads a secret key.
    ///
    /// - Throws: `Problem`, or `SocketError.noCurve`.
    static func readSecret(_ text: ErasedBytes) throws -> (name: String, secret: SecretKey) {
        let lines = try lines(text.content, head: secretHead, count: 4)
        let named = try named(lines)
        let prefix = Array("secret ".utf8)
        guard lines[3].starts(with: prefix), let secret = try SecretKey(digits: lines[3].dropFirst(prefix.count)) else {
            throw Problem(reason: "line 4 is not 'secret' and 64 hexadecimal digits")
        }
        guard secret.publicKey == named.key else {
            throw Problem(reason: "its secret key does not belong to its public key")
        }
        return (named.name, secret)
    }

    private static func named(_ lines: [ArraySlice<UInt8>]) throws(Problem) -> Named {
        guard let name = value("name", lines[1]), isName(name) else {
            throw Problem(reason: "line 2 is not 'name' and a name")
        }
        guard let key = value("public", lines[2]).flatMap({ PublicKey($0) }) else {
            throw Problem(reason: "line 3 is not 'public' and 64 hexadecimal digits")
        }
        return Named(name: name, key: key)
    }

    private static func value(_ word: String, _ line: ArraySlice<UInt8>) -> String? {
        let prefix = Array("\(word) ".utf8)
        return line.starts(with: prefix) ? String(decoding: line.dropFirst(prefix.count), as: UTF8.self) : nil
    }

    private static func lines(_ text: [UInt8], head: String, count: Int) throws(Problem) -> [ArraySlice<UInt8>] {
        let lines = text.split(separator: newline, omittingEmptySubsequences: false)
        try check(head, lines)
        guard lines.count == count + 1, lines[count].isEmpty else {
            throw Problem(reason: "it does not have \(count) lines")
        }
        return Array(lines.prefix(count))
    }

    private static func check(_ head: String, _ lines: [ArraySlice<UInt8>]) throws(Problem) {
        guard lines.first?.elementsEqual(head.utf8) == true else {
            throw Problem(reason: "its first line is not '\(head)'")
        }
    }

    private static let newline = UInt8(ascii: "\n")

    /// The longest text that is read, in bytes.
    static let longest = 1 << 20

    // MARK: The list

    /// Reads a list of authorized keys.
    static func readList(_ text: [UInt8]) throws(Problem) -> AllowList {
        let lines = text.split(separator: newline, omittingEmptySubsequences: false)
        try check(listHead, lines)
        guard lines.last?.isEmpty == true else { throw Problem(reason: "its last line is cut off") }
        var names: [PublicKey: String] = [:]
        for (index, line) in lines.enumerated().dropFirst() where !isRemark(line) {
            let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            guard words.count == 2, let key = PublicKey(words[0]), isName(words[1]) else {
                throw Problem(reason: "line \(index + 1) is not 64 hexadecimal digits and a name")
            }
            guard names.updateValue(words[1], forKey: key) == nil else {
                throw Problem(reason: "line \(index + 1) names a key for the second time")
            }
        }
        return AllowList(names)
    }

    /// A list with one key more, as text; the same text when it is there already.
    static func adding(_ named: Named, to text: [UInt8]) throws(Problem) -> [UInt8] {
        guard try !readList(text).admits(named.key) else { return text }
        return text + Array("\(named.key) \(named.name)\n".utf8)
    }

    /// A list without a key, as text; the same text when it is not there.
    static func removing(_ key: PublicKey, from text: [UInt8]) throws(Problem) -> [UInt8] {
        _ = try readList(text)
        let digits = Array(key.description.utf8)
        let lines = text.split(separator: newline, omittingEmptySubsequences: false)
        return Array(lines.filter { !$0.starts(with: digits) }.joined(separator: [newline]))
    }

    /// A list of nobody.
    static let emptyList = Array("\(listHead)\n".utf8)

    private static func isRemark(_ line: ArraySlice<UInt8>) -> Bool { line.isEmpty || line.first == UInt8(ascii: "#") }
}
