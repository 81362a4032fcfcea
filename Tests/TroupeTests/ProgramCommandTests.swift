import Foundation
import Jobs
import TestSupport
import Tensors
import Testing

@Suite("The command that shows programs")
struct ProgramCommandTests {
    private func folder() throws -> Folder {
        let folder = try Folder()
        try folder.write("recipe: bagging\ndata: digits\nensemble: {members: 6}\n", to: "job.yaml")
        return folder
    }

    @Test("lists those of a job, and shows, plans and profiles each; saved in a file it is the same program")
    func programs() async throws {
        let folder = try folder()
        let list = try await CommandRun(["program", "show", "job.yaml"], in: folder)
        let lines = list.output.split(separator: "\n")
        // Four members and two.
        #expect(lines.map { $0.prefix(8) } == ["fit     ", "fit 2   ", "votes   ", "votes 2 "], "\(list.errors)")
        let shown = try await CommandRun(["program", "show", "job.yaml", "--program", "votes 2"], in: folder)
        #expect(shown.output.hasPrefix("program ") && shown.output.contains("output %"))
        let saved = try await CommandRun(
            ["program", "show", "job.yaml", "--program", "votes 2", "--output", "votes.program"],
            in: folder
        )
        #expect(saved.code == 0 && saved.output.isEmpty, "\(saved.errors)")
        #expect(try await CommandRun(["program", "show", "votes.program"], in: folder).output == shown.output)
        let plans = [["job.yaml", "--program", "votes 2"], ["votes.program"]]
        var texts: [String] = []
        for plan in plans { texts.append(try await CommandRun(["program", "plan"] + plan, in: folder).output) }
        #expect(texts[0] == texts[1] && texts[0].contains("dot_general") && texts[0].contains("\ntotal "))
        let profile = try await CommandRun(["program", "profile", "votes.program", "--runs", "2"], in: folder)
        #expect(profile.output.contains("a run, the median of 2"), "\(profile.errors)")
    }

    @Test("profiles on given inputs, which must be the program's")
    func inputs() async throws {
        let folder = try folder()
        let arguments = [
            "program", "profile", "job.yaml", "--program", "fit", "--set", "epochs=1", "--inputs", "x.safetensors",
        ]
        func written(_ tensors: [String: TensorValue]) throws {
            let place = URL(fileURLWithPath: folder.path).appendingPathComponent("x.safetensors")
            try Data(SafeTensors(tensors).bytes).write(to: place)
        }
        var tensors = [
            "x": TensorValue([Float](repeating: 0.5, count: 1258 * 64), shape: [1258, 64]),
            "labels": TensorValue([Int32](repeating: 3, count: 1258)),
            "keys": TensorValue([UInt32](repeating: 1, count: 8), shape: [4, 2]),
        ]
        try written(tensors)
        let missing = try await CommandRun(arguments, in: folder)
        #expect(
            missing.errors == """
                Error: x.safetensors: there is no tensor 'first epoch', which is an input. Tensors: keys, labels, x.

                """
        )
        tensors["first epoch"] = TensorValue(scalar: 0.0 as Float)
        try written(tensors)
        let wrong = try await CommandRun(arguments, in: folder)
        #expect(wrong.errors == "Error: x.safetensors: 'first epoch' is f32[], but the program takes i32[].\n")
        tensors["first epoch"] = TensorValue(scalar: 0 as Int32)
        try written(tensors)
        let right = try await CommandRun(arguments + ["--runs", "1"], in: folder)
        #expect(right.code == 0 && right.output.contains("random_bits"), "\(right.errors)")
    }

    @Test("says what is wrong with a file or a name")
    func mistakes() async throws {
        let folder = try folder()
        try folder.write("not a program", to: "garbage")
        let several =
            "Error: job.yaml: this job has several programs; name one by --program: fit, fit 2, votes, votes 2.\n"
        for (arguments, expected) in [
            (["plan", "job.yaml"], several), (["profile", "job.yaml"], several),
            (["show", "job.yaml", "--output", "x"], several),
            (
                ["show", "job.yaml", "--program", "fti"],
                "Error: job.yaml: there is no program 'fti'. Did you mean 'fit'? Programs: fit, fit 2, votes, votes 2.\n"
            ),
            (
                ["show", "nothing"],
                "Error: nothing: cannot be read: no such file or directory. Check the path and its permissions.\n"
            ),
            (
                ["show", "garbage", "--program", "fit"],
                "Error: garbage: this file holds one program; leave --program out.\n"
            ), (["show", "garbage", "--set", "epochs=1"], "Error: garbage: this is no job; leave --set out.\n"),
        ] {
            let run = try await CommandRun(["program"] + arguments, in: folder)
            #expect(run.errors == expected && run.code == 2, "\(arguments)")
        }
        let garbage = try await CommandRun(["program", "show", "garbage"], in: folder)
        #expect(
            garbage.code == 2
                && garbage.errors.hasPrefix(
                    "Error: garbage: this is no packed program, nor a job, whose name ends in .yaml: "
                ),
            "\(garbage.errors)"
        )
        let runs = try await CommandRun(["program", "profile", "job.yaml", "--runs", "0"], in: folder)
        #expect(runs.code == 2 && runs.errors.hasPrefix("Error: --runs must be from 1 to 1000000."))
        #expect(try folder.names() == ["garbage", "job.yaml"])
    }
}
