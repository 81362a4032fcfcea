import Foundation
import Glibc
import TestSupport
import Testing

@Suite("troupe keys", .timeLimit(.minutes(2)))
struct KeysCommandTests {
    private func secret(_ name: String, in folder: Folder) throws -> String {
        let text = try String(decoding: folder.bytes(of: "keys/\(name).secret"), as: UTF8.self)
        return String(try #require(text.split(separator: "\n").last).dropFirst("secret ".count))
    }

    @Test("makes, shows, lets in and revokes, and tells of no secret")
    func commands() async throws {
        let folder = try Folder()
        var runs: [CommandRun] = []
        func run(_ arguments: String...) async throws -> CommandRun {
            let run = try await CommandRun(["keys"] + arguments, in: folder)
            runs.append(run)
            return run
        }
        let empty = try await run("show")
        #expect(
            empty.code == 2
                && empty.errors == """
                    Error: There is no folder keys. `troupe keys generate NAME` makes it, with a key in it; --folder names another.

                    """
        )
        let none = try await run("show", "--folder", ".")
        #expect(none.code == 0 && none.output.isEmpty)
        #expect(none.errors == "There are no keys in '.'. Make one with: troupe keys generate NAME\n")
        #expect(try await run("generate", "coordinator", "gpu-1").code == 0)
        let again = try await run("generate", "gpu-1")
        #expect(again.code == 2 && again.errors.contains("keys/gpu-1.secret exists, and a key that is lost"))
        let kept = try await run("generate", "gpu-1", "--keep")
        #expect(kept.output.hasPrefix("keys/gpu-1.secret  kept; it stays here\n"))
        let key = try await run("show", "gpu-1").output.trimmingCharacters(in: .newlines)
        #expect(key.count == 64)
        #expect(try await run("authorize", "gpu-1").output == "gpu-1 is authorized.\n")
        #expect(try await run("authorize", key).output == "gpu-1 was authorized already.\n")
        let all = try await run("show").output.split(separator: "\n")
        #expect(
            all.map { $0.prefix(23) } == [
                "here        coordinator", "here        gpu-1      ", "authorized  gpu-1      ",
            ]
        )
        #expect(try await run("revoke", "gpu-1").output == "gpu-1 is revoked.\n")
        #expect(
            try await run("revoke", "gpu-1").output == "gpu-1 is not authorized, so there is nothing to revoke.\n"
        )
        let first = try await run("revoke", "gpu-2")
        #expect(first.code == 2 && first.errors == "Error: Nobody called 'gpu-2' is authorized. Authorized: nobody.\n")
        #expect(try await run("authorize", "gpu-1").code == 0)
        let nobody = try await run("revoke", "gpu-2")
        #expect(
            nobody.code == 2
                && nobody.errors
                    == "Error: Nobody called 'gpu-2' is authorized. Did you mean 'gpu-1'? Authorized: gpu-1.\n"
        )
        let unknown = try await run("authorize", "gpu-7")
        #expect(unknown.code == 2 && unknown.errors.contains("'gpu-7' is neither a public key"))
        let bad = try await run("generate", "../a")
        #expect(bad.code == 2 && bad.errors.contains("'../a' is no name of a key."))
        #expect(try await run("generate", "a", "--keep", "--replace").code == 2)
        for name in ["coordinator", "gpu-1"] {
            let secret = try secret(name, in: folder)
            for run in runs { #expect(!run.output.contains(secret) && !run.errors.contains(secret)) }
        }
    }

    @Test("are asked for by the names of their files where a folder or half a name is given")
    func files() async throws {
        let folder = try Folder()
        try folder.write("recipe: bagging\ndata: digits\n", to: "job.yaml")
        #expect(try await CommandRun(["keys", "generate", "coordinator", "gpu-1"], in: folder).code == 0)
        for (arguments, told) in [
            (
                ["coordinator", "job.yaml", "--key", "keys"],
                "keys is a folder, and the file of a key is needed. Give one in it, such as keys/coordinator.secret."
            ),
            (
                ["coordinator", "job.yaml", "--key", "keys/coordinator"],
                "There is no file keys/coordinator. Did you mean keys/coordinator.secret?"
            ),
            (
                ["worker", "--key", "keys/gpu-2"],
                "There is no file keys/gpu-2. Make one with `troupe keys generate NAME`."
            ),
            (
                ["worker", "--key", "keys/gpu-1.secret", "--coordinator-key", "keys/"],
                "keys/ is a folder, and the file of a key is needed. Give one in it, such as keys/coordinator.public."
            ),
            (
                ["worker", "--key", "keys/gpu-1.secret", "--coordinator-key", "keys/coordinator"],
                "There is no file keys/coordinator. Did you mean keys/coordinator.public?"
            ),
        ] {
            let run = try await CommandRun(arguments, in: folder)
            #expect(run.code == 2 && run.errors == "Error: \(told)\n", "\(run.errors)")
        }
    }

    @Test("of a run leave no trace of a secret in logs, processes or what is written, and mistakes end with a sentence")
    func run() async throws {
        let job = TestJob(members: 8, epochs: 400)
        let folder = try job.folder()
        #expect(try await CommandRun(["keys", "generate", "coordinator", "gpu-1", "gpu-2"], in: folder).code == 0)
        let place = ["--key", "keys/coordinator.secret", "--bind", "tcp://0.0.0.0:*", "--verbose"]
        let coordinator = try RunningCommand(["coordinator"] + job.arguments() + place, in: folder)
        try await coordinator.says("No worker may come yet")
        try await coordinator.says("Start them with")
        // Nobody was let in when it began.
        #expect(try await CommandRun(["keys", "authorize", "gpu-1"], in: folder).code == 0)
        let said = try coordinator.errors
        let port = try #require(said.firstMatch(of: /tcp:\/\/0\.0\.0\.0:(\d+)/)?.output.1)
        func worker(_ key: String, _ more: String...) throws -> RunningCommand {
            let arguments = [
                "worker", "--connect", "tcp://127.0.0.1:\(port)", "--key", "keys/\(key).secret", "--verbose",
            ]
            return try RunningCommand(arguments + more, in: folder)
        }
        let unlisted = try await worker("gpu-2").ended()
        #expect(unlisted.code == 2 && unlisted.errors.contains("does not let in the key of gpu-2 ("))
        let misled = try await worker("gpu-1", "--coordinator-key", "keys/gpu-2.public").ended()
        #expect(misled.code == 2 && misled.errors.contains("as a coordinator does that does not have the key"))
        let keyless = try await CommandRun(["worker", "--connect", "tcp://127.0.0.1:\(port)"], in: folder)
        #expect(keyless.code == 2 && keyless.errors.contains("wants to know this worker's key, and it has none"))
        chmod("\(folder.path)/keys/gpu-2.secret", 0o644)
        let exposed = try await worker("gpu-2").ended()
        #expect(exposed.code == 2 && exposed.errors.contains("Run: chmod 600 keys/gpu-2.secret"))

        let first = try worker("gpu-1")
        try await coordinator.says("goes to")
        let secrets = try ["coordinator", "gpu-1", "gpu-2"].map { try secret($0, in: folder) }
        for id in [coordinator.id, first.id] {
            for file in ["cmdline", "environ"] {
                let text = try String(
                    decoding: Data(contentsOf: URL(fileURLWithPath: "/proc/\(id)/\(file)")),
                    as: UTF8.self
                )
                for secret in secrets { #expect(!text.contains(secret)) }
            }
        }
        // Revoked at work: it ends, and another one goes on.
        #expect(try await CommandRun(["keys", "revoke", "gpu-1"], in: folder).code == 0)
        let revoked = try await first.ended()
        #expect(revoked.code == 2 && revoked.errors.contains("its key is not authorized any more. `troupe"))
        chmod("\(folder.path)/keys/gpu-2.secret", 0o600)
        #expect(try await CommandRun(["keys", "authorize", "gpu-2"], in: folder).code == 0)
        let second = try worker("gpu-2")
        let run = try await coordinator.ended()
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.contains(": 1 key may take part.\n") && run.errors.contains(": 0 keys may take part.\n"))
        #expect(run.errors.contains(/\ done by .* in [\d.]+ m?s\n/), "\(run.errors)")
        let last = try await second.ended()
        #expect(last.code == 0)
        #expect(try await run.digest == CommandRun(["train"] + job.arguments(output: "calm"), in: folder).digest)

        let files = FileManager.default.enumerator(atPath: folder.path)?.allObjects.compactMap { $0 as? String } ?? []
        for secret in secrets {
            for text in [run, last, revoked, unlisted, misled].flatMap({ [$0.output, $0.errors] }) {
                #expect(!text.contains(secret))
            }
            for file in files where !file.hasSuffix(".secret") {
                guard let data = FileManager.default.contents(atPath: "\(folder.path)/\(file)") else { continue }
                #expect(data.range(of: Data(secret.utf8)) == nil, "\(file)")
            }
        }
    }
}
