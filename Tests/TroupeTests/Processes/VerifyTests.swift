import Coordination
import Foundation
import Tasks
import Tensors
import TestSupport
import Testing
import Wire

@Suite("troupe verify", .serialized)
struct VerifyTests {
    private static let job = TestJob(members: 6, epochs: 3)

    /// A folder with a trained model.
    private func trained(_ options: [String] = []) async throws -> Folder {
        let folder = try Self.job.folder()
        let run = try await CommandRun(["train", "--workers", "0"] + Self.job.arguments() + options, in: folder)
        #expect(run.code == 0, "\(run.errors)")
        return folder
    }

    @Test("computes some tasks again, or all, and says that every bit is equal")
    func equal() async throws {
        let folder = try await trained()
        for (units, count) in [("3", 3), ("1000", 12), ("all", 12)] {
            let run = try await CommandRun(["verify", "model", "--units", units, "--seed", "7"], in: folder)
            #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
            #expect(
                run.output.hasPrefix("\(count) of 12 recorded tasks computed again: every bit is equal.\n"),
                "\(run.output)"
            )
        }
        #expect(try folder.names(in: "model") == ["ledger.sqlite", "model.json", "weights.safetensors"])
    }

    @Test("runs again what the last snapshot stands for", arguments: [SampleJob.maml, .segments, .multitask])
    func snapshots(sample: SampleJob) async throws {
        let folder = try sample.folder()
        let run = try await CommandRun(["train", "--workers", "0"] + sample.job.arguments(), in: folder)
        #expect(run.code == 0, "\(run.errors)")
        let verified = try await CommandRun(["verify", "model"], in: folder)
        #expect(verified.code == 0, "\(verified.errors)")
        let again = /[1-9][0-9]* tasks that are not recorded were computed again/
        #expect(verified.output.contains(again), "\(verified.output)")
        #expect(verified.output.contains("The weights are those that the record gives"), "\(verified.output)")
    }

    @Test("names a task with another result than recorded, and both results")
    func differing() async throws {
        let folder = try await trained()
        let place = "\(folder.path)/model"
        let honest = try Ledger(finishedIn: place)
        let tasks = await honest.tasks
        let liar = try Folder()
        let ledger = try Ledger(folder: liar.path, state: honest.state)
        var (recorded, found): (Hash?, Hash?)
        for (index, task) in tasks.enumerated() {
            var record = try #require(try await honest.record(of: task))
            if index == 1 {
                let old = try #require(record.outputs.last)
                var content = old.content.bytes
                content[content.count - 4] ^= 1
                let value = try #require(TensorValue(blob: content))
                let lie = LedgerRecord(
                    task,
                    program: record.program,
                    role: record.role,
                    outputs: [LedgerRecord.Output(value)],
                    finished: Date()
                )
                record.outputs[record.outputs.count - 1] = lie.outputs[0]
                (recorded, found) = (lie.outputs[0].name, old.name)
            }
            try await ledger.record([record])
        }
        try await ledger.finish(at: Date())
        try FileManager.default.removeItem(atPath: "\(place)/ledger.sqlite")
        try FileManager.default.copyItem(atPath: "\(liar.path)/ledger.sqlite", toPath: "\(place)/ledger.sqlite")
        let run = try await CommandRun(["verify", "model", "--units", "12"], in: folder)
        #expect(run.code == 1 && run.output.isEmpty)
        #expect(run.errors.hasPrefix("Error: model is not what its job computes.\n"), "\(run.errors)")
        for text in [tasks[1], recorded, found].compactMap({ $0?.description }) {
            #expect(run.errors.contains(text), "\(run.errors)")
        }
    }

    @Test("tells a damaged record, and weights that the record does not give")
    func damaged() async throws {
        let folder = try await trained()
        let path = URL(fileURLWithPath: "\(folder.path)/model/ledger.sqlite")
        var data = try Data(contentsOf: path)
        let role = try #require(data.firstRange(of: Data("bootstrap 3 of 6".utf8)))
        data[role.lowerBound] ^= 1
        try data.write(to: path)
        let run = try await CommandRun(["verify", "model", "--units", "12"], in: folder)
        #expect(run.code == 1 && run.errors.contains(": its record is damaged."), "\(run.errors)")
        for seed in 0..<3 {
            let few = try await CommandRun(["verify", "model", "--units", "1", "--seed", "\(seed)"], in: folder)
            #expect(few.code == 1 && few.errors.contains(": its record is damaged."), "chosen or not: \(few.errors)")
        }
        let other = try await CommandRun(["verify", "model", "--units", "0"], in: folder)
        #expect(other.code == 2, "\(other.errors)")
    }

    @Test("takes a record whose name is damaged for damaged, not for a task that somebody made up")
    func damagedName() async throws {
        let folder = try await trained()
        let place = "\(folder.path)/model"
        let task = try #require(await Ledger(finishedIn: place).tasks.first)
        let path = URL(fileURLWithPath: "\(place)/ledger.sqlite")
        var data = try Data(contentsOf: path)
        let name = try #require(data.firstRange(of: Data(task.bytes)))
        data[name.lowerBound] ^= 1
        try data.write(to: path)
        let run = try await CommandRun(["verify", "model", "--units", "12"], in: folder)
        #expect(run.code == 1 && run.errors.contains(": its record is damaged."), "\(run.errors)")
        #expect(!run.errors.contains("no such task"), "\(run.errors)")
    }

    @Test("returns 1 for whatever is damaged: weights, description, record, and what they say of each other")
    func files() async throws {
        let folder = try await trained()
        func expectDamage(
            _ file: String,
            _ what: String,
            _ change: (inout Data) -> Void,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let path = URL(fileURLWithPath: "\(folder.path)/model/\(file)")
            let whole = try Data(contentsOf: path)
            var data = whole
            change(&data)
            #expect(data != whole, sourceLocation: sourceLocation)
            if data.isEmpty { unlink(path.path) } else { try data.write(to: path) }
            let run = try await CommandRun(["verify", "model", "--units", "2"], in: folder)
            #expect(run.code == 1 && run.output.isEmpty, "\(what): \(run)", sourceLocation: sourceLocation)
            #expect(run.errors.contains(what), "\(run.errors)", sourceLocation: sourceLocation)
            #expect(!run.errors.contains("--fresh"), "\(run.errors)", sourceLocation: sourceLocation)
            try whole.write(to: path)
        }
        func replacing(_ old: String, _ new: String) -> (inout Data) -> Void {
            { $0 = Data(String(decoding: $0, as: UTF8.self).replacing(old, with: new, maxReplacements: 1).utf8) }
        }
        let weights = "this is not the file that model.json describes"
        try await expectDamage("weights.safetensors", weights) { $0[$0.count - 4] ^= 1 }
        try await expectDamage("weights.safetensors", weights) { $0.removeLast(100) }
        try await expectDamage("weights.safetensors", "weights.safetensors: the file is missing") { $0 = Data() }
        try await expectDamage("model.json", "this is not valid JSON") { $0.removeLast($0.count / 2) }
        try await expectDamage("model.json", "'kind' is missing", replacing("\"kind\"", "\"kine\""))
        try await expectDamage("model.json", weights) { data in
            let mark = data.firstRange(of: Data("\"weights\": \"".utf8))?.upperBound ?? 0
            data[mark] = data[mark] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
        }
        for key in ["job", "data"] {
            try await expectDamage("model.json", "the job and the data are not those of the record") { data in
                let start = data.firstRange(of: Data("\"provenance\"".utf8))?.upperBound ?? 0
                let mark = data[start...].firstRange(of: Data("\"\(key)\": \"".utf8))?.upperBound ?? 0
                data[mark] = data[mark] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            }
        }
        try await expectDamage(
            "model.json",
            "model.json: 'metrics' is not what",
            replacing("_accuracy\": 0.9", "_accuracy\": 0.99")
        )
        try await expectDamage("model.json", "model.json: 'job' is not what", replacing("\"soft\"", "\"hard\""))
        try await expectDamage("ledger.sqlite", "cannot be used: ") { $0.removeLast($0.count - 5_000) }
        try await expectDamage("ledger.sqlite", "is another file") { $0[3] ^= 1 }
        #expect(try await CommandRun(["verify", "model", "--units", "2"], in: folder).code == 0)
    }

    @Test("says what it needs when the model cannot be verified here")
    func refused() async throws {
        let bare = try await trained(["--no-record"])
        #expect(try bare.names(in: "model") == ["model.json", "weights.safetensors"])
        let none = try await CommandRun(["verify", "model"], in: bare)
        #expect(none.code == 2 && none.errors.contains("there is no record of its tasks"), "\(none.errors)")
        #expect(none.errors.contains("Train it again without --no-record; the weights will be the same."))
        let absent = try await CommandRun(["verify", "elsewhere"], in: bare)
        #expect(absent.code == 2 && absent.errors.contains("there is no model here"), "\(absent.errors)")

        let adapted = try Folder()
        try adapted.write(
            "recipe: maml\ntasks: sinusoid\nmeta: {iterations: 2, batch: 4}\nevaluation: {tasks: 2, steps: 1}\n",
            to: "job.yaml"
        )
        try adapted.write("x,y\n1,0\n2,2\n", to: "points.csv")
        for arguments in [
            ["train", "job.yaml", "--workers", "0", "--output", "m"], ["adapt", "m", "--data", "points.csv"],
        ] {
            let run = try await CommandRun(arguments, in: adapted)
            #expect(run.code == 0, "\(run.errors)")
        }
        let recordless = try await CommandRun(["verify", "m-adapted"], in: adapted)
        #expect(
            recordless.code == 2
                && recordless.errors == """
                    Error: m-adapted: this model was made by `troupe adapt`, which keeps no record. Verify the model that it was \
                    adapted from; adapting that again to the same rows gives the same SHA-256 of weights.

                    """,
            "\(recordless.errors)"
        )

        let folder = try await trained()
        let description = try String(decoding: folder.bytes(of: "model/model.json"), as: UTF8.self)
        let newer = description.replacing("\"numerics_version\": 1", with: "\"numerics_version\": 99")
        #expect(newer != description)
        try folder.write(newer, to: "model/model.json")
        let version = try await CommandRun(["verify", "model"], in: folder)
        #expect(version.code == 2 && version.errors.contains("numerics version 99"), "\(version.errors)")
    }

    @Test("needs the data of the job, and finds it where the job file was")
    func data() async throws {
        let rows = (0..<60).map { "\($0 % 7),\($0 % 5),\($0 % 2 == 0 ? "even" : "odd")" }
        let table = "a,b,class\n" + rows.joined(separator: "\n") + "\n"
        let folder = try Folder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/jobs", withIntermediateDirectories: false)
        try folder.write(table, to: "jobs/rows.csv")
        try folder.write(
            "recipe: bagging\ndata: {csv: rows.csv, label: class}\nensemble: {members: 3}\nepochs: 2\n",
            to: "jobs/job.yaml"
        )
        let run = try await CommandRun(["train", "jobs/job.yaml", "--workers", "0", "--output", "model"], in: folder)
        #expect(run.code == 0, "\(run.errors)")
        let lost = try await CommandRun(["verify", "model", "--in", "elsewhere"], in: folder)
        #expect(lost.code == 2 && lost.errors.contains("rows.csv") && lost.errors.contains("--in"), "\(lost.errors)")
        for place in [[], ["--in", "jobs"]] {
            let found = try await CommandRun(["verify", "model"] + place, in: folder)
            #expect(found.code == 0, "\(found.errors)")
        }
        try folder.write(table.replacing("1,1,odd", with: "1,2,odd"), to: "jobs/rows.csv")
        let changed = try await CommandRun(["verify", "model"], in: folder)
        #expect(changed.code == 2 && changed.errors.contains("The data is not what"), "\(changed.errors)")
    }

    @Test("finds data that was named by an option from where it was trained, or where it is told")
    func dataOfAnOption() async throws {
        let folder = try Folder()
        for place in ["jobs", "tables"].map({ "\(folder.path)/\($0)" }) {
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        }
        let rows = (0..<60).map { "\($0 % 7),\($0 % 5),\($0 % 2 == 0 ? "even" : "odd")" }
        try folder.write("a,b,class\n" + rows.joined(separator: "\n") + "\n", to: "tables/rows.csv")
        try folder.write("recipe: bagging\ndata: digits\nensemble: {members: 3}\nepochs: 2\n", to: "jobs/job.yaml")
        let data = "data={csv: tables/rows.csv, label: class}"
        let train = ["train", "jobs/job.yaml", "--set", data, "--workers", "0", "--output", "model"]
        let run = try await CommandRun(train, in: folder)
        #expect(run.code == 0, "\(run.errors)")
        let elsewhere = try Folder()
        let model = "\(folder.path)/model"
        for (place, arguments) in [(folder, ["model"]), (elsewhere, [model, "--in", folder.path])] {
            let found = try await CommandRun(["verify"] + arguments, in: place)
            #expect(found.code == 0, "\(found.errors)")
        }
        let lost = try await CommandRun(["verify", model], in: elsewhere)
        #expect(lost.code == 2 && lost.errors.contains("rows.csv") && lost.errors.contains("--in"), "\(lost.errors)")
    }
}
