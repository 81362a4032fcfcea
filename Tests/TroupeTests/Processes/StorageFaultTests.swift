import Foundation
import Tasks
import TestSupport
import Testing

@Suite("Training where there is no room", .serialized)
struct StorageFaultTests {
    private static let job = TestJob(members: 12, epochs: 10)

    private func train(_ options: [String] = [], workers: Int = 0) -> [String] {
        ["train", "--workers", "\(workers)"] + Self.job.arguments() + options
    }

    /// Goes on where there is room again, and finds the bits of a calm run.
    private func expectCure(in folder: Folder, _ options: [String] = []) async throws {
        let cured = try await CommandRun(train(options), in: folder)
        #expect(cured.code == 0, "\(cured.errors)")
        #expect(try await cured.digest == Self.job.train(on: InlineCluster()))
    }

    @Test("stops with a sentence when a file cannot grow, and goes on from there", arguments: [8, 64, 200, 400])
    func limited(blocks: Int) async throws {
        let folder = try Self.job.folder()
        let command = try RunningCommand(train(), in: folder, shell: "ulimit -f \(blocks)")
        let run = try await command.ended()
        #expect(run.code == 1, "\(run.code): \(run.errors)")
        #expect(run.errors.contains("Error: ") && run.errors.contains("ledger.sqlite"), "\(run.errors)")
        try await expectCure(in: folder)
    }

    @Test("does not begin where no other process can be started, and says so; without others it trains all the same")
    func descriptors() async throws {
        let folder = try Self.job.folder()
        let refused = try await RunningCommand(train(workers: 1), in: folder, shell: "ulimit -n 255").ended()
        #expect(refused.code == 2 && refused.errors.contains("at least 256 files"), "\(refused.errors)")
        #expect(try folder.names() == Self.job.folder().names(), "nothing may be left behind")
        let alone = try await RunningCommand(train(), in: folder, shell: "ulimit -n 64").ended()
        #expect(try await alone.digest == Self.job.train(on: InlineCluster()), "\(alone.errors)")
        let crew = try await RunningCommand(
            train(["--output", "other"], workers: 1),
            in: folder,
            shell: "ulimit -S -n 64; ulimit -H -n 256"
        ).ended()
        #expect(crew.digest == alone.digest, "\(crew.errors)")
    }

    @Test("stops with a sentence when the disk is full or cannot be written to, and goes on when it can")
    func full() async throws {
        let folder = try Self.job.folder()
        let disk = "\(folder.path)/disk"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
        func system(_ command: String) async throws -> Bool {
            try await RunningCommand(["--version"], in: folder, shell: "\(command) || exit 77").ended().code == 0
        }
        // Only root may do it; elsewhere the limit above has to do.
        guard try await system("mount -t tmpfs -o size=160k none \(disk)") else { return }
        defer {
            let umount = try? Process.run(URL(fileURLWithPath: "/bin/umount"), arguments: ["--lazy", disk])
            umount?.waitUntilExit()
        }
        let command = ["train", "--workers", "0"] + Self.job.arguments(output: "disk/model")
        let full = try await CommandRun(command, in: folder)
        #expect(full.code == 1 && full.errors.contains("full"), "\(full.code): \(full.errors)")
        #expect(full.errors.contains("What is done is kept"), "\(full.errors)")
        #expect(full.errors.split(separator: "\n").count { $0.hasPrefix("Error: ") } == 1, "\(full.errors)")
        #expect(full.errors.ranges(of: "--fresh").count == 1, "\(full.errors)")
        #expect(try await system("mount -o remount,ro \(disk)"))
        let locked = try await CommandRun(command, in: folder)
        #expect(locked.code == 1 && locked.errors.contains("cannot be used: "), "\(locked.code): \(locked.errors)")
        #expect(try await system("mount -o remount,rw,size=64m \(disk)"))
        let cured = try await CommandRun(command, in: folder)
        #expect(cured.code == 0, "\(cured.errors)")
        #expect(cured.errors.contains("Going on with an unfinished run"), "\(cured.errors)")
        #expect(try await cured.digest == Self.job.train(on: InlineCluster()))
    }

    @Test("ends soon when the folder of its work is removed, does not say that anything is kept, and starts again")
    func removed() async throws {
        let job = TestJob(members: 400, epochs: 20)
        let folder = try job.folder()
        let arguments = ["train", "--workers", "0"] + job.arguments()
        for isInterrupted in [false, true] {
            let command = try RunningCommand(arguments, in: folder)
            let ledger = "\(folder.path)/model.partial/ledger.sqlite-wal"
            try await eventually("some tasks are written down") {
                ((try? FileManager.default.attributesOfItem(atPath: ledger))?[.size] as? Int ?? 0) > 100_000
            }
            try FileManager.default.removeItem(atPath: "\(folder.path)/model.partial")
            if isInterrupted { command.send(SIGINT) }
            let run = try await command.ended()
            #expect(!run.errors.contains("is kept"), "\(run.errors)")
            if !isInterrupted {
                #expect(run.code == 1 && run.errors.contains("was removed or replaced"), "\(run.code): \(run.errors)")
            }
            #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/model"))
        }
    }

    @Test("is refused before it begins where files cannot be put, and leaves nothing behind")
    func locked() async throws {
        let folder = try Self.job.folder()
        let disk = "\(folder.path)/disk"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
        func system(_ command: String) async throws -> Bool {
            try await RunningCommand(["--version"], in: folder, shell: "\(command) || exit 77").ended().code == 0
        }
        // Only root may do it; `OutputFolderTests` have another way.
        guard try await system("mount -t tmpfs -o ro none \(disk)") else { return }
        defer {
            let umount = try? Process.run(URL(fileURLWithPath: "/bin/umount"), arguments: ["--lazy", disk])
            umount?.waitUntilExit()
        }
        for place in ["disk", "disk/model"] {
            let run = try await CommandRun(["train"] + Self.job.arguments(output: place), in: folder)
            #expect(run.code == 1 && run.output.isEmpty)
            #expect(run.errors.contains("read-only file system. See to it that"), "\(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1, "nothing was begun: \(run.errors)")
            #expect(try folder.names() == ["disk", "job.yaml"])
        }
        // Where something is mounted, the folder stays.
        #expect(try await system("mount -o remount,rw \(disk)"))
        let run = try await CommandRun(["train"] + Self.job.arguments(output: "disk"), in: folder)
        #expect(run.code == 0, "\(run.errors)")
        #expect(try folder.names(in: "disk") == ["ledger.sqlite", "model.json", "weights.safetensors"])
        #expect(try folder.names() == ["disk", "job.yaml"])
    }

    @Test("refuses what is no ledger, and --fresh cures it")
    func noLedger() async throws {
        for kind in ["text", "folder", "unreadable"] {
            let folder = try Self.job.folder()
            let partial = "\(folder.path)/model.partial"
            try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: false)
            switch kind {
            case "text": try folder.write("Dear diary, today nothing was computed.", to: "model.partial/ledger.sqlite")
            case "folder":
                let path = "\(partial)/ledger.sqlite"
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            default:
                let path = "\(partial)/ledger.sqlite"
                try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/proc/nothing/here")
            }
            let run = try await CommandRun(train(), in: folder)
            #expect(run.code == 2 || run.code == 1, "\(kind)")
            #expect(run.errors.contains("ledger.sqlite") && run.errors.contains("--fresh"), "\(kind): \(run.errors)")
            try await expectCure(in: folder, ["--fresh"])
            #expect(try folder.names() == ["job.yaml", "model"])
        }
    }

    @Test("does not remove a folder of somebody else, nor make what lies there part of the model")
    func strangers() async throws {
        let folder = try Self.job.folder()
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/model.partial/ledger.sqlite",
            withIntermediateDirectories: true
        )
        try folder.write("mine", to: "model.partial/ledger.sqlite/thesis.tex")
        let run = try await CommandRun(train(["--fresh"]), in: folder)
        #expect(run.code == 1 && run.errors.contains("it is not what troupe puts there"), "\(run.errors)")
        #expect(try folder.bytes(of: "model.partial/ledger.sqlite/thesis.tex") == Array("mine".utf8))
        try FileManager.default.removeItem(atPath: "\(folder.path)/model.partial/ledger.sqlite")
        try folder.write("mine", to: "model.partial/notes.txt")
        try await expectCure(in: folder)
        #expect(try folder.names(in: "model") == ["ledger.sqlite", "model.json", "weights.safetensors"])
        #expect(try folder.names(in: "model.partial") == ["notes.txt"])
    }

    @Test("by two at once in one folder is refused to the second, which names the first")
    func twice() async throws {
        let endless = TestJob(members: 4, epochs: 100_000)
        let folder = try endless.folder()
        let first = try RunningCommand(["train", "-v", "--workers", "0"] + endless.arguments(), in: folder)
        try await first.says(" goes to ")
        for options in [[], ["--fresh"]] {
            let second = try await CommandRun(["train", "--workers", "0"] + endless.arguments() + options, in: folder)
            #expect(second.code == 2)
            #expect(second.errors.hasPrefix("Error: model: process \(first.id) on "), "\(second.errors)")
        }
        first.send(SIGKILL)
        _ = try await first.ended()
        let job = TestJob(members: 2, epochs: 1)
        let third = try await CommandRun(["train", "--workers", "0"] + job.arguments() + ["--fresh"], in: folder)
        #expect(third.code == 0, "a lock does not outlive its process: \(third.errors)")
    }
}
