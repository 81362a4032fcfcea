import Foundation
import Wire

/// A folder with keys, for its owner alone: for each key `NAME.secret` and `NAME.public`, and the list of those who may take
/// part, `authorized`.
public struct KeyFolder: Sendable {
    /// A public key and how people call it.
    public struct Entry: Hashable, Sendable {
        /// Its name.
        public let name: String
        /// 64 hexadecimal digits.
        public let key: String
    }

    /// What to do with a key that exists.
    public enum Existing: Sendable {
        /// Say so, and do nothing.
        case refuse
        /// Leave it as it is.
        case keep
        /// Make a new one in its place. The old one is gone for good.
        case replace
    }

    /// Where it lies.
    public let path: String

    /// A folder that need not exist yet.
    public init(_ path: String) { self.path = path }

    static let listName = "authorized"
    private var list: String { "\(path)/\(Self.listName)" }

    /// Makes a key pair, or finds it.
    ///
    /// - Returns: the public half, and whether it is new.
    /// - Throws: `KeyError`.
    @discardableResult
    public func generate(_ name: String, existing: Existing = .refuse) throws(KeyError) -> (entry: Entry, isNew: Bool) {
        guard KeyText.isName(name), name != Self.listName else { throw .badName(name) }
        try KeyFile.makeFolder(path)
        return try KeyFile.alone(in: path) { () throws(KeyError) in
            let (secretPath, publicPath) = ("\(path)/\(name).secret", "\(path)/\(name).public")
            if existing == .keep, FileManager.default.fileExists(atPath: secretPath) {
                let owner = try KeyPair(file: secretPath)
                let named = KeyText.Named(name: owner.name, key: owner.secret.publicKey)
                // The end of a generation may have been cut off.
                try KeyFile.write(KeyText.text(of: named), to: publicPath, for: .anybody, replaces: true)
                return (Entry(named), false)
            }
            let secret = try KeyPair.wrapping { () throws(SocketError) in try SecretKey.generate() }
            let named = KeyText.Named(name: name, key: secret.publicKey)
            let replaces = existing == .replace
            let text = KeyText.text(of: secret, name: name)
            try KeyFile.write(text.content, to: secretPath, for: .owner, replaces: replaces)
            try KeyFile.write(KeyText.text(of: named), to: publicPath, for: .anybody, replaces: true)
            return (Entry(named), true)
        }
    }

    /// The public keys in this folder, by file name.
    ///
    /// - Throws: `KeyError`.
    public func publicKeys() throws(KeyError) -> [Entry] {
        var entries: [Entry] = []
        for name in try files() where name.hasSuffix(".public") {
            entries.append(Entry(try Self.publicKey(in: "\(path)/\(name)")))
        }
        return entries
    }

    /// The public key of a name or a file.
    ///
    /// - Throws: `KeyError`.
    public func publicKey(_ text: String) throws(KeyError) -> Entry { Entry(try named(text, name: nil)) }

    /// Those who may take part, by name.
    ///
    /// - Throws: `KeyError`.
    public func authorized() throws(KeyError) -> [Entry] {
        guard FileManager.default.fileExists(atPath: list) else { return [] }
        let names = try Self.allowList(in: list).names
        return names.map { Entry(KeyText.Named(name: $1, key: $0)) }.sorted { ($0.name, $0.key) < ($1.name, $1.key) }
    }

    /// Lets the owner of a key take part, also in a run that is under way.
    ///
    /// - Parameters:
    ///   - text: 64 hexadecimal digits, the path of a public key's file, or the name of a key in this folder.
    ///   - name: How people call it, in place of what its file says; needed with digits alone.
    /// - Returns: who it is, and whether it was not there yet.
    /// - Throws: `KeyError`.
    @discardableResult
    public func authorize(_ text: String, name: String? = nil) throws(KeyError) -> (entry: Entry, isNew: Bool) {
        let named = try named(text, name: name)
        guard KeyText.isName(named.name) else { throw .badName(named.name) }
        try KeyFile.makeFolder(path)
        return try KeyFile.alone(in: path) { () throws(KeyError) in
            let old = try content()
            let known = try problem { () throws(KeyText.Problem) in try KeyText.readList(old) }.names
            if let name = known[named.key] { return (Entry(KeyText.Named(name: name, key: named.key)), false) }
            if let other = known.first(where: { $1 == named.name }) {
                throw .nameTaken(named.name, key: "\(other.key)")
            }
            let new = try problem { () throws(KeyText.Problem) in try KeyText.adding(named, to: old) }
            try KeyFile.write(new, to: list, for: .owner, replaces: true)
            return (Entry(named), true)
        }
    }

    /// Lets the owner of a key take part no longer; a run that is under way drops it within a second.
    ///
    /// - Parameter text: A name of the list, 64 hexadecimal digits, or the path of a public key's file.
    /// - Returns: who that was; empty when it was not on the list.
    /// - Throws: `KeyError`, also for a name that is neither on the list nor that of a key in this folder.
    @discardableResult
    public func revoke(_ text: String) throws(KeyError) -> [Entry] {
        guard FileManager.default.fileExists(atPath: path) else { throw .noFolder(path: path) }
        return try KeyFile.alone(in: path) { () throws(KeyError) in
            let old = try content()
            let known = try problem { () throws(KeyText.Problem) in try KeyText.readList(old) }.names
            var keys = known.filter { $1 == text }.map(\.key).sorted()
            if keys.isEmpty {
                if KeyText.isName(text), PublicKey(text) == nil, !isFile(text) {
                    throw .notAuthorized(text, authorized: known.values.sorted())
                }
                keys = [try named(text, name: nil).key].filter { known[$0] != nil }
            }
            guard !keys.isEmpty else { return [] }
            var new = old
            for key in keys { new = try problem { () throws(KeyText.Problem) in try KeyText.removing(key, from: new) } }
            try KeyFile.write(new, to: list, for: .owner, replaces: true)
            return keys.map { Entry(KeyText.Named(name: known[$0] ?? "", key: $0)) }
        }
    }

    // MARK: Files

    static let hint = "Make keys with `troupe keys generate NAME`."

    private func content() throws(KeyError) -> [UInt8] {
        guard FileManager.default.fileExists(atPath: list) else { return KeyText.emptyList }
        return try KeyFile.read(list, for: .owner, hint: Self.hint).content
    }

    private func files() throws(KeyError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }.sorted()
        } catch {
            guard FileManager.default.fileExists(atPath: path) else { throw .noFolder(path: path) }
            try KeyFile.checkFolder(path)
            throw .failed(path: path, action: "listed", reason: "the system refuses")
        }
    }

    private func isFile(_ text: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(path)/\(text).public") || FileManager.default.fileExists(atPath: text)
    }

    private func named(_ text: String, name: String?) throws(KeyError) -> KeyText.Named {
        if let key = PublicKey(text) { return KeyText.Named(name: name ?? key.short, key: key) }
        let inside = "\(path)/\(text).public"
        let isInside = KeyText.isName(text) && FileManager.default.fileExists(atPath: inside)
        guard isInside || FileManager.default.fileExists(atPath: text) else { throw .unknown(text) }
        var named = try Self.publicKey(in: isInside ? inside : text)
        if let name { named.name = name }
        return named
    }

    static func publicKey(in file: String, hint: String = hint) throws(KeyError) -> KeyText.Named {
        let text = try KeyFile.read(file, for: .anybody, ending: ".public", hint: hint)
        if text.content.starts(with: KeyText.secretHead.utf8) { throw .secretHalf(path: file) }
        do throws(KeyText.Problem) {
            return try KeyText.readPublic(text.content)
        } catch {
            throw .malformed(path: file, reason: error.reason)
        }
    }

    static func allowList(in file: String) throws(KeyError) -> AllowList {
        let text = try KeyFile.read(file, for: .owner, hint: "Authorize workers with `troupe keys authorize`.")
        do throws(KeyText.Problem) {
            return try KeyText.readList(text.content)
        } catch {
            throw .malformed(path: file, reason: error.reason)
        }
    }

    private func problem<Result>(_ body: () throws(KeyText.Problem) -> Result) throws(KeyError) -> Result {
        do throws(KeyText.Problem) {
            return try body()
        } catch {
            throw .malformed(path: list, reason: error.reason)
        }
    }
}

extension KeyFolder.Entry {
    init(_ named: KeyText.Named) { self.init(name: named.name, key: named.key.description) }
}
