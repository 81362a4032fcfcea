import Foundation
import TestSupport
import Testing

@Suite("A mistake on the command line")
struct MistakeTests {
    /// What the command says of a job in an empty folder; the code must be 2, nothing printed, nothing left behind.
    private func errors(_ arguments: String..., files: [String: String] = [:]) async throws -> String {
        try await errors(arguments, files: files)
    }

    private func errors(_ arguments: [String], files: [String: String] = [:]) async throws -> String {
        let folder = try Folder()
        for (name, text) in files { try folder.write(text, to: name) }
        let run = try await CommandRun(arguments, in: folder)
        #expect(run.code == 2, "\(arguments): \(run.errors)")
        #expect(run.output.isEmpty)
        #expect(try folder.names() == files.keys.sorted(), "nothing may be left behind")
        return run.errors
    }

    private static let job = "recipe: bagging\ndata: digits\n"

    @Test("in the command or an option is told with what there is")
    func usage() async throws {
        #expect(
            try await errors("tran", "job.yaml") == """
                Error: There is no command 'tran'. Did you mean 'train'? \
                Commands: train, coordinator, worker, keys, predict, evaluate, adapt, verify, program, bench.

                """
        )
        #expect(
            try await errors("keys", "autorize", "a")
                == "Error: There is no command 'keys autorize'. Did you mean 'authorize'? Commands: generate, show, authorize, revoke.\n"
        )
        #expect(
            try await errors("program", "frobnicate")
                == "Error: There is no command 'program frobnicate'. Commands: show, plan, profile.\n"
        )
        #expect(try await errors("train").hasPrefix("Error: Missing expected argument '<job>'"))
        #expect(try await errors("train", "job.yaml", "--wrokers", "2").hasPrefix("Error: Unknown option '--wrokers'"))
        #expect(
            try await errors("train", "job.yaml", "--workers", "2000").hasPrefix(
                "Error: --workers must be from 0 to 1024."
            )
        )
        for arguments in [
            ["train", "job.yaml", "--workers", "-1"], ["worker", "--slots", "-1"], ["worker", "--wait", "-1"],
        ] {
            let run = try await CommandRun(arguments, in: Folder())
            #expect(run.code == 2 && run.errors.hasPrefix("Error: \(arguments[arguments.count - 2]) must be from "))
        }
        #expect(
            try await errors("train", "job.yaml", "--seed", "-1").hasPrefix(
                "Error: The value '-1' is invalid for '--seed"
            )
        )
        #expect(
            try await errors("train", "job.yaml", "--seed", "7", "--set", "seed=8", files: ["job.yaml": Self.job])
                == "Error: --set seed=8: --seed 7 replaces the seed too. Keep one.\n"
        )
        #expect(
            try await errors("verify", "model", "--units", "0").hasPrefix(
                "Error: The value '0' is invalid for '--units <number>': write a number from 1 to 1000000000, or all."
            )
        )
        #expect(try await errors("worker", "--slots", "0").hasPrefix("Error: --slots must be from 1 to 1024."))
        #expect(
            try await errors("bench", "prducts").hasPrefix(
                "Error: There is no benchmark 'prducts'. Did you mean 'products'?"
            )
        )
    }

    @Test("in a job is told with file, line and column")
    func job() async throws {
        #expect(
            try await errors("train", "job.yaml")
                == "Error: job.yaml: cannot be read: no such file or directory. Check the path and its permissions.\n"
        )
        let files = ["job.yaml": Self.job + "epoch: 3\n"]
        for command in ["train", "coordinator"] {
            #expect(
                try await errors(command, "job.yaml", files: files) == """
                    Error: job.yaml:3:1: there is no key 'epoch' here. Did you mean 'epochs'? Keys: batch, data, diverged, ensemble, \
                    epochs, model, numerics, optimizer, recipe, seed, standardize, test.

                    """
            )
        }
        #expect(
            try await errors("train", "job.yaml", "--set", "epochs=0", files: ["job.yaml": Self.job])
                == "Error: --set epochs=0: 'epochs' must be a whole number from 1 to 1000000, but is '0'.\n"
        )
        #expect(
            try await errors("train", "job.yaml", files: ["job.yaml": Self.job + "model: {layers: [{dense: 9}]}"])
                == """
                Error: job.yaml:3:9: the last layer gives [9] for each example, but 'digits' has 10 classes. \
                End with {dense: 10}, or {dense: classes}.

                """
        )
    }

    @Test("in a table is told with file, line and column")
    func table() async throws {
        let job = "recipe: bagging\ndata: {csv: a.csv, label: class}\n"
        let bad = try await errors("train", "job.yaml", files: ["job.yaml": job, "a.csv": "a,class\n1,x\n?,y\n"])
        #expect(bad.contains("a.csv:3:1") || bad.contains("line 3"), "\(bad)")
        let absent = try await errors("coordinator", "job.yaml", files: ["job.yaml": job])
        #expect(
            absent.hasPrefix("Error: job.yaml:2:13: ") && absent.contains("must be a file that exists"),
            "\(absent)"
        )
        let single = try await errors(
            "train",
            "job.yaml",
            files: ["job.yaml": job, "a.csv": "a,class\n1,x\n2,x\n3,y\n"]
        )
        #expect(single.contains("The class 'y' of") && single.contains("has a single row"), "\(single)")
        let one = try await errors("train", "job.yaml", files: ["job.yaml": job, "a.csv": "a,class\n1,x\n2,x\n"])
        #expect(one.contains("has only the class 'x'"), "\(one)")
    }

    @Test("in the place of the model is told before training, and nothing of anybody's is touched")
    func output() async throws {
        let folder = try Folder()
        try folder.write(Self.job, to: "job.yaml")
        try folder.write("mine", to: "thesis.tex")
        for output in [".", "thesis.tex"] {
            let run = try await CommandRun(["train", "job.yaml", "--output", output], in: folder)
            #expect(run.code == 2 && run.errors.contains("Choose another with --output"), "\(run.errors)")
        }
        for command in ["train", "coordinator"] {
            let run = try await CommandRun([command, "job.yaml", "--output", ""], in: folder)
            #expect(
                run.code == 2
                    && run.errors
                        == "Error: --output is empty, but must be the name of a folder. Leave it out for the usual one.\n"
            )
        }
        #expect(try folder.names() == ["job.yaml", "thesis.tex"])
        #expect(try folder.bytes(of: "thesis.tex") == Array("mine".utf8))
    }

    @Test("of listening or calling beyond this machine in clear text is told with the remedy")
    func insecure() async throws {
        let files = ["job.yaml": Self.job]
        let expected = """
            Error: tcp://0.0.0.0:7077 can be reached from other machines, so keys are needed: make one with \
            `troupe keys generate coordinator`, and add --key keys/coordinator.secret. Or use tcp://127.0.0.1:PORT, \
            or add --insecure if everybody on that network may read and send tasks.

            """
        #expect(try await errors("coordinator", "job.yaml", "--bind", "tcp://0.0.0.0:7077", files: files) == expected)
        let call = try await errors("worker", "--connect", "tcp://example.org:7077")
        #expect(call.contains("add --insecure") && call.contains("troupe keys generate NAME"))
        let both = try await errors("worker", "--key", "a.secret", "--insecure")
        #expect(both.contains("--insecure and --key contradict each other."))
    }

    @Test("in an address is told with what is wrong with it")
    func address() async throws {
        for (address, reason) in [
            ("7077", "it is not of the form transport://place"),
            ("http://127.0.0.1:80", "the transport 'http' is unknown"),
            ("tcp://127.0.0.1", "the port is missing"),
            ("tcp://:7077", "'' is no host; an IPv6 address stands in brackets"),
            ("tcp://127.0.0.1:70777", "'70777' is no port between 1 and 65535"),
            ("ipc://", "it is not of the form transport://place"),
            ("ipc://place", "the path does not begin with /"), ("inproc://place", "other processes cannot reach it"),
            ("tcp://127.0.0.1:*", "a worker connects to one port"),
            ("tcp://127.0.0.1:0", "a worker connects to one port"),
            ("tcp://*:7077", "a worker connects to one host"), ("ipc://*", "a worker connects to one path"),
        ] {
            let told = try await errors("worker", "--connect", address)
            #expect(
                told.hasPrefix(
                    """
                    Error: The value '\(address)' is invalid for '--connect <address>': \(reason). \
                    Write tcp://host:port or ipc:///path.

                    """
                ),
                "\(told)"
            )
        }
        let told = try await errors("coordinator", "job.yaml", "--bind", "7077", files: ["job.yaml": Self.job])
        #expect(
            told.hasPrefix("Error: The value '7077' is invalid for '--bind <address>': it is not of the form"),
            "\(told)"
        )
    }

    @Test("in the place to listen is told with the remedy, and nothing is begun")
    func listening() async throws {
        let folder = try Folder()
        try folder.write(Self.job, to: "job.yaml")
        let first = try RunningCommand(["coordinator", "job.yaml", "--bind", "tcp://127.0.0.1:*"], in: folder)
        try await first.says("Start them with: ")
        let taken = try String(#require(try first.errors.firstMatch(of: /--connect (\S+)/)?.output.1))
        let inUse = try await errors("coordinator", "job.yaml", "--bind", taken, files: ["job.yaml": Self.job])
        #expect(
            inUse == """
                Error: Cannot listen on \(taken): another process already does. Stop it, or choose another port with `--bind`.

                """
        )
        first.send(SIGTERM)
        _ = try await first.ended()
        for (path, reason) in [
            ("/nowhere/place", "its folder does not exist"), ("\(folder.path)/job.yaml", "there is a file"),
        ] {
            let told = try await errors(
                "coordinator",
                "job.yaml",
                "--bind",
                "ipc://\(path)",
                files: ["job.yaml": Self.job]
            )
            #expect(told.hasPrefix("Error: Cannot listen on ipc://\(path): "), "\(told)")
            #expect(told.contains(reason), "\(told)")
        }
        #expect(try folder.bytes(of: "job.yaml") == Array(Self.job.utf8))
    }

    @Test("in the place for temporary files is told with the remedy")
    func temporaryFiles() async throws {
        let folder = try Folder()
        try folder.write(Self.job, to: "job.yaml")
        let long = String(repeating: "x", count: 100)
        for (place, told) in [
            (
                "/nowhere",
                """
                /nowhere: no folder for temporary files can be made there: no such file or directory. TMPDIR names it: set it \
                to the whole path of a folder that exists and that you may write to.
                """
            ),
            (
                "nowhere",
                """
                \(URL(fileURLWithPath: folder.path).resolvingSymlinksInPath().path)/nowhere: no folder for temporary files can \
                be made there: no such file or directory. TMPDIR is 'nowhere', which begins in the current folder: set it to \
                the whole path of a folder that exists and that you may write to.
                """
            ),
            ("/\(long)", "/\(long): the path is too long for a socket. Set TMPDIR to a folder with a shorter one."),
        ] {
            let run = try await CommandRun(["train", "job.yaml"], in: folder, environment: ["TMPDIR": place])
            #expect(run.code == 2 && run.errors == "Error: \(told)\n", "\(run)")
        }
        #expect(try folder.names() == ["job.yaml"])
    }

    @Test("in the folder of a model is told")
    func model() async throws {
        let expected =
            "Error: m: there is no model here: model.json is missing. Give a folder that `troupe train` has written.\n"
        #expect(try await errors("predict", "m", "--data", "a.csv") == expected)
        #expect(try await errors("evaluate", "m", "--data", "digits") == expected)
        let folder = try Folder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/m.partial", withIntermediateDirectories: false)
        for name in ["m", "m/"] {
            let run = try await CommandRun(["predict", name, "--data", "a.csv"], in: folder)
            let told = """
                Error: \(name): there is no model here yet: m.partial holds a run that is not finished. If nobody works on it, the \
                command that trains the model goes on with it.

                """
            #expect(run.code == 2 && run.errors == told, "\(run.errors)")
        }
    }

    @Test("of naming a built-in set where a file is needed is told")
    func builtIn() async throws {
        let folder = try Folder()
        try folder.write(Self.job, to: "job.yaml")
        let train = ["train", "job.yaml", "--workers", "0", "--set", "ensemble.members=1", "--set", "epochs=1"]
        #expect(try await CommandRun(train + ["--output", "m"], in: folder).code == 0)
        let run = try await CommandRun(["predict", "m", "--data", "digits"], in: folder)
        #expect(
            run.code == 2
                && run.errors == """
                    Error: Cannot read 'digits': No such file or directory. That is the name of a built-in set, which a job takes, \
                    and `troupe evaluate` for a model that was trained on it; here give the path of a file of comma-separated \
                    values.

                    """,
            "\(run.errors)"
        )
    }

    @Test("in the size of a network is told before anything begins, with its largest layer")
    func tooLarge() async throws {
        let wide = Self.job + "model: {layers: [{dense: 1000000}, relu, {dense: 1000000}, {dense: 10}]}\n"
        for command in ["train", "coordinator"] {
            #expect(
                try await errors(command, "job.yaml", files: ["job.yaml": wide]) == """
                    Error: job.yaml:3:9: the network has 3.6 TiB of weights, and a model may have 8 GiB of them. The most are in \
                    layer 3, {dense: 1000000}: 1,000,001,000,000. Make it smaller.

                    """
            )
        }
        let many = ["job.yaml": Self.job + "model: {layers: [{dense: 100000}, {dense: 10}]}\n"]
        let members = try await errors("train", "job.yaml", "--set", "ensemble.members=400", files: many)
        #expect(
            members == """
                Error: job.yaml:3:9: 400 networks have 11.2 GiB of weights, and a model may have 8 GiB of them. The most are in \
                layer 1, {dense: 100000}: 6,500,000. Make it smaller, or train fewer members.

                """
        )
        let side = ["--set", "ensemble.members=1024", "--set", "ensemble.members_per_task=1024"]
        let sideBySide = ["job.yaml": Self.job + "model: {layers: [{dense: 25000}, {dense: 10}]}\nbatch: 2000\n"]
        let memory = try await errors(["train", "job.yaml"] + side, files: sideBySide)
        #expect(
            memory.hasPrefix("Error: job.yaml:3:9: a task 'fit' of this network does not fit into the memory"),
            "\(memory)"
        )
        #expect(
            memory.contains(". The most are in layer 1, {dense: 25000}: 1,625,000. Make it smaller, or train fewer"),
            "\(memory)"
        )
    }

    @Test("that only shows when the work runs is told once, with where it was tried")
    func tooLargeForWorkers() async throws {
        let folder = try Folder()
        try folder.write(Self.job + "model: {layers: [{dense: 25000}, {dense: 10}]}\nbatch: 2000\n", to: "job.yaml")
        let large = ["--set", "ensemble.members=1024", "--set", "ensemble.members_per_task=1024"]
        let place = "ipc://\(folder.path)/place"
        let coordinator = try RunningCommand(["coordinator", "job.yaml", "--bind", place] + large, in: folder)
        let worker = try RunningCommand(["worker", "--connect", place], in: folder)
        let ended = try await coordinator.ended()
        worker.send(SIGTERM)
        _ = try await worker.ended()
        let lines = ended.errors.split(separator: "\n").filter { !$0.hasPrefix("Waiting for workers") }
        let run = CommandRun(code: ended.code, output: ended.output, errors: lines.joined(separator: "\n"))
        #expect(run.code == 1 && run.output.isEmpty)
        #expect(
            lines.count == 3 && lines[0].hasPrefix("Warning: bootstraps 1 to 1024 of 1024 failed at "),
            "\(run.errors)"
        )
        #expect(lines[1] == "Error: bootstraps 1 to 1024 of 1024 failed once:", "\(run.errors)")
        #expect(lines[2].contains("bytes, and") && lines[2].hasSuffix("are allowed"), "\(run.errors)")
        #expect(try folder.names() == ["job.yaml"])
    }

    @Test("cannot steer the terminal that it is told in, wherever it stands")
    func printable() async throws {
        let escape = "\u{1b}[31m"
        let job = "recipe: bagging\ndata: {csv: \"a\\e[31m.csv\", label: class}\n"
        let rows = "a\(escape),class\n1,x\(escape)\n2,y\n"
        for (arguments, files) in [
            (["train", "\(escape).yaml"], [:]), (["tr\(escape)ain"], [:]), (["worker", "--\(escape)"], [:]),
            (["train", "job.yaml", "--seed", escape], [:]), (["predict", escape, "--data", "a.csv"], [:]),
            (["worker", "--key", escape], [:]), (["worker", "--connect", "tcp://\(escape):1"], [:]),
            (["train", "job.yaml", "--set", "\(escape)=1"], ["job.yaml": Self.job]),
            (["train", "job.yaml", "--output", "/proc/\(escape)"], ["job.yaml": Self.job]),
            (["train", "job.yaml"], ["job.yaml": job]),
            (["train", "job.yaml"], ["job.yaml": job, "a\(escape).csv": rows]),
            (["train", "job.yaml"], ["job.yaml": "recipe: \"\\e[31m\\nx\"\ndata: digits\n"]),
        ] as [([String], [String: String])] {
            let folder = try Folder()
            for (name, text) in files { try folder.write(text, to: name) }
            let run = try await CommandRun(arguments, in: folder)
            #expect(run.code != 0 && run.output.isEmpty)
            #expect(run.errors.contains("\\u{1b}") || run.errors.contains("\\u{1B}"), "\(arguments): \(run.errors)")
            let steering = run.errors.unicodeScalars.filter { $0.properties.generalCategory == .control && $0 != "\n" }
            #expect(steering.isEmpty, "\(arguments)")
        }
    }

    @Test("of a pipe or a folder where a job should be is told at once")
    func noFile() async throws {
        let folder = try Folder()
        mkfifo("\(folder.path)/pipe", 0o600)
        for (name, kind) in [("pipe", "pipe"), (".", "folder"), ("/dev/null", "device")] {
            let run = try await CommandRun(["train", name], in: folder)
            let expected = """
                Error: \(name): cannot be read: it is a \(kind), and must be a file. Check the path and its permissions.

                """
            #expect(run.code == 2 && run.errors == expected, "\(run.errors)")
        }
    }

    @Test("is not asking for help or the version")
    func help() async throws {
        let folder = try Folder()
        for arguments in [["--help"], ["help", "train"], ["train", "--help"], ["--version"], []] {
            let run = try await CommandRun(arguments, in: folder)
            #expect(run.code == 0 && run.errors.isEmpty && !run.output.isEmpty, "\(arguments)")
        }
        let help = try await CommandRun(["--help"], in: folder).output.split(whereSeparator: \.isWhitespace)
        for code in ["0,", "1", "2", "129,", "130", "143"] {
            #expect(help.contains { $0 == code }, "\(code) is not told")
        }
        #expect(help.contains("--wait"), "a worker that finds nobody is not told")
    }
}
