import Foundation
import Glibc
import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("Folders of keys")
struct KeyFolderTests {
    private static func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test("are for their owner alone, with public keys that may be read, whatever the mask")
    func modes() throws {
        let folder = try Folder()
        let path = "\(folder.path)/a/b/keys"
        let mask = umask(0)
        defer { umask(mask) }
        let keys = KeyFolder(path)
        let made = try keys.generate("gpu-1")
        try keys.authorize("gpu-1")
        #expect(made.isNew && made.entry.name == "gpu-1")
        #expect(Self.mode(path) == 0o700)
        #expect(Self.mode("\(path)/gpu-1.secret") == 0o600)
        #expect(Self.mode("\(path)/gpu-1.public") == 0o644)
        #expect(Self.mode("\(path)/authorized") == 0o600)
        #expect(try folder.names(in: "a/b/keys") == ["authorized", "gpu-1.public", "gpu-1.secret"])
    }

    @Test("keep a key unless they are told otherwise")
    func existing() throws {
        let folder = try Folder()
        let keys = KeyFolder("\(folder.path)/keys")
        let first = try keys.generate("a").entry
        let secret = try folder.bytes(of: "keys/a.secret")
        #expect(throws: KeyError.exists(path: "\(folder.path)/keys/a.secret")) { try keys.generate("a") }
        unlink("\(folder.path)/keys/a.public")
        let kept = try keys.generate("a", existing: .keep)
        #expect(kept.entry == first && !kept.isNew)
        #expect(try folder.bytes(of: "keys/a.secret") == secret)
        #expect(try keys.publicKey("a") == first)
        let replaced = try keys.generate("a", existing: .replace)
        #expect(replaced.entry != first && replaced.isNew)
        #expect(try keys.publicKeys() == [replaced.entry])
        #expect(try KeyPair(file: "\(folder.path)/keys/a.secret").secret.publicKey.description == replaced.entry.key)
        for name in ["", "../a", "a b", "authorized"] {
            #expect(throws: KeyError.badName(name)) { try keys.generate(name) }
        }
    }

    @Test("are told apart from their other halves, whatever the modes of these are")
    func halves() throws {
        let folder = try Folder()
        let path = "\(folder.path)/keys"
        let keys = KeyFolder(path)
        try keys.generate("a")
        for mode in [0o644, 0o600] as [mode_t] {
            chmod("\(path)/a.public", mode)
            #expect(throws: KeyError.publicHalf(path: "\(path)/a.public", name: "a")) {
                try KeyPair(file: "\(path)/a.public")
            }
        }
        #expect(throws: KeyError.secretHalf(path: "\(path)/a.secret")) { try keys.authorize("\(path)/a.secret") }
        #expect(throws: KeyError.secretHalf(path: "\(path)/a.secret")) {
            try KeyFolder.publicKey(in: "\(path)/a.secret")
        }
        let sentence = KeyError.publicHalf(path: "x", name: "a").description
        #expect(sentence.contains("a.secret") && !sentence.contains("chmod"))
    }

    @Test("are not used when others can read or change them, and the remedy is told")
    func exposed() throws {
        let folder = try Folder()
        let path = "\(folder.path)/my keys"
        let keys = KeyFolder(path)
        try keys.generate("a")
        try keys.authorize("a")
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610] as [mode_t] {
            chmod("\(path)/a.secret", mode)
            let error = KeyError.exposed(
                path: "\(path)/a.secret",
                mode: String(mode, radix: 8),
                remedy: "chmod 600 '\(path)/a.secret'"
            )
            #expect(throws: error) { try KeyPair(file: "\(path)/a.secret") }
            chmod("\(path)/authorized", mode)
            #expect(throws: KeyError.self) { try keys.authorized() }
            #expect(throws: KeyError.self) { try keys.authorize("a") }
        }
        chmod("\(path)/a.secret", 0o400)
        #expect(throws: Never.self) { try KeyPair(file: "\(path)/a.secret") }
        chmod("\(path)/authorized", 0o600)
        chmod("\(path)/a.public", 0o664)
        #expect(throws: KeyError.self) { try keys.publicKey("a") }
        chmod("\(path)/a.public", 0o644)
        chmod(path, 0o755)
        let error = KeyError.exposed(path: path, mode: "755", remedy: "chmod 700 '\(path)'")
        #expect(throws: error) { try keys.generate("b") }
        #expect(throws: error) { try KeyPair(file: "\(path)/a.secret") }
        #expect(error.description == "\(path) is not for its owner alone: its mode is 755. Run: chmod 700 '\(path)'")
    }

    @Test("let in and out whom they are told, as often as they are told")
    func authorization() throws {
        let (here, there) = (try Folder(), try Folder())
        let keys = KeyFolder("\(here.path)/keys")
        let other = try KeyFolder("\(there.path)/keys").generate("gpu-1").entry
        let file = "\(there.path)/keys/gpu-1.public"
        #expect(try keys.authorized() == [])
        for round in 0..<2 {
            let authorized = try keys.authorize(file)
            #expect(authorized.entry == other && authorized.isNew == (round == 0))
            #expect(try keys.authorized() == [other])
        }
        let digits = try SecretKey.generate().publicKey.description
        #expect(throws: KeyError.nameTaken("gpu-1", key: other.key)) { try keys.authorize(digits, name: "gpu-1") }
        #expect(throws: KeyError.badName("a b")) { try keys.authorize(digits, name: "a b") }
        #expect(throws: KeyError.unknown("nobody")) { try keys.authorize("nobody") }
        #expect(try keys.authorize(digits).entry.name == String(digits.prefix(8)))
        #expect(try keys.revoke(digits).map(\.key) == [digits])
        #expect(try keys.revoke(digits) == [])
        for way in ["gpu-1", file, other.key] {
            try keys.authorize(file)
            #expect(try keys.revoke(way) == [other])
            #expect(try keys.authorized() == [])
        }
        for way in [file, other.key] { #expect(try keys.revoke(way) == []) }
        // Here is neither a key of this name nor one in the list.
        #expect(throws: KeyError.notAuthorized("gpu-1", authorized: [])) { try keys.revoke("gpu-1") }
        let nowhere = KeyFolder("\(here.path)/nowhere")
        #expect(throws: KeyError.noFolder(path: nowhere.path)) { try nowhere.publicKeys() }
        #expect(throws: KeyError.noFolder(path: nowhere.path)) { try nowhere.revoke("gpu-1") }
        // A secret key is not taken for a public one.
        #expect(throws: KeyError.self) { try keys.authorize("\(there.path)/keys/gpu-1.secret") }
    }

    @Test("lose nothing when many change them at once")
    func concurrency() async throws {
        let folder = try Folder()
        let path = "\(folder.path)/keys"
        let names = (0..<24).map { "worker-\($0)" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names {
                group.addTask {
                    try KeyFolder(path).generate(name)
                    try KeyFolder(path).authorize(name)
                }
            }
            try await group.waitForAll()
        }
        #expect(try KeyFolder(path).authorized().map(\.name) == names.sorted())
        #expect(try folder.names(in: "keys").count == 2 * names.count + 1)
    }

    @Test("are looked at again when they change, and only then")
    func watching() throws {
        let folder = try Folder()
        let keys = KeyFolder("\(folder.path)/keys")
        try keys.generate("a")
        var file = AuthorizedKeys(path: "\(folder.path)/keys/authorized")
        func list() -> [String]? {
            switch file.look() {
            case .list(let list): list.names.values.sorted()
            case .none: nil
            case .unreadable: ["unreadable"]
            }
        }
        #expect(list() == [], "where there is none yet, nobody may come")
        #expect(list() == nil)
        try keys.authorize("a")
        #expect(list() == ["a"])
        #expect(list() == nil)
        chmod("\(folder.path)/keys/authorized", 0o644)
        #expect(list() == ["unreadable"])
        chmod("\(folder.path)/keys/authorized", 0o600)
        #expect(list() == ["a"])
        try keys.revoke("a")
        #expect(list() == [])
        #expect(list() == nil)
        unlink("\(folder.path)/keys/authorized")
        #expect(list() == ["unreadable"], "it was there before")
        #expect(list() == nil)
    }
}
