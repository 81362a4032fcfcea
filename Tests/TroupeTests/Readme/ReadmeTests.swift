import Coordination
import Foundation
import Jobs
import Recipes
import Tasks
import TestSupport
import Testing

@Suite("The README", .timeLimit(.minutes(5)))
struct ReadmeTests {
    /// A folder with the job files, as a clone has them.
    private func clone() throws -> Folder {
        let folder = try Folder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/Cluster", withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: Readme.repository.appendingPathComponent("Cluster/jobs").path,
            toPath: "\(folder.path)/Cluster/jobs"
        )
        return folder
    }

    @Test("shows commands that print what it says they print")
    func commands() async throws {
        let folder = try clone()
        var count = 0
        for block in try Readme().blocks("console") where !block.startsCluster {
            for (arguments, expected) in block.commands {
                let run = try await CommandRun(arguments, in: folder)
                count += 1
                if expected.hasPrefix("Error: ") {
                    #expect(run.errors == expected, "\(arguments)")
                    #expect(run.code == 2)
                } else {
                    #expect(run.output == expected, "\(arguments): \(run.errors)")
                    #expect(run.code == 0)
                }
            }
        }
        #expect(count == 18, "every console block is run")
        #expect(try folder.names() == ["Cluster", "keys", "models"], "what is left behind is not for version control")
    }

    @Test("shows a cluster started by hand, which gives the model of one command")
    func cluster() async throws {
        let folder = try clone()
        let blocks = try Readme().blocks("console")
        let block = try #require(blocks.first { $0.startsCluster })
        let commands = block.commands
        #expect(commands.map { $0.arguments[0] } == ["coordinator", "worker", "worker"])
        // Another place than the standard one, which may be in use.
        let place = "ipc://\(folder.path)/place"
        let coordinator = try RunningCommand(commands[0].arguments + ["--bind", place], in: folder)
        let workers = try commands[1...].map { try RunningCommand($0.arguments + ["--connect", place], in: folder) }
        let run = try await coordinator.ended()
        #expect(run.code == 0, "\(run.errors)")
        // One that came when all was done waits for the next coordinator.
        for worker in workers {
            worker.send(SIGTERM)
            #expect(try await worker.ended().code == 0)
        }
        let digest = try #require(run.output.split(separator: "\n").last)
        let shown = try Readme().blocks("console").flatMap(\.lines)
        #expect(shown.contains(String(digest)), "the same digest as that of `troupe train`: \(digest)")
    }

    @Test("shows a cluster with keys, which gives the same model")
    func keys() async throws {
        let folder = try clone()
        let blocks = try Readme().blocks("console")
        let making = try #require(blocks.first { $0.lines.contains { $0.contains("keys generate") } })
        for (arguments, _) in making.commands {
            let run = try await CommandRun(arguments, in: folder)
            #expect(run.code == 0, "\(run.errors)")
        }
        let commands = try #require(blocks.last { $0.startsCluster }).commands
        #expect(commands.map { $0.arguments[0] } == ["coordinator", "worker"])
        // Another port than the standard one, which may be in use.
        func changing(_ arguments: [String], _ option: String, to value: String) -> [String] {
            var arguments = arguments
            if let index = arguments.firstIndex(of: option) { arguments[index + 1] = value }
            return arguments
        }
        let coordinator = try RunningCommand(
            changing(commands[0].arguments, "--bind", to: "tcp://0.0.0.0:*"),
            in: folder
        )
        try await coordinator.says("Start them with")
        let said = try coordinator.errors
        let port = try #require(said.firstMatch(of: /tcp:\/\/0\.0\.0\.0:(\d+)/)?.output.1)
        let worker = try RunningCommand(
            changing(commands[1].arguments, "--connect", to: "tcp://127.0.0.1:\(port)"),
            in: folder
        )
        let run = try await coordinator.ended()
        #expect(run.code == 0, "\(run.errors)")
        #expect(try await worker.ended().code == 0)
        let digest = try #require(run.output.split(separator: "\n").last)
        #expect(blocks.flatMap(\.lines).contains(String(digest)), "\(digest)")
    }

    @Test("shows jobs with every default")
    func jobs() throws {
        let blocks = try Readme().blocks("yaml")
        #expect(blocks.count == 4)
        for block in blocks where block.lines.first != "recipe: multitask" {
            let shown = try Job(yaml: block.lines.joined(separator: "\n"), file: "README.md")
            let required = block.lines.filter { line in
                ["recipe:", "data:", "tasks:"].contains { line.hasPrefix($0) }
            }
            let shortest = try Job(yaml: required.joined(separator: "\n"), file: "short.yaml")
            #expect(shown.canonical == shortest.canonical)
            guard block.lines.first == "recipe: bagging" else { continue }
            guard case .object(let members) = shortest.canonical else {
                Issue.record("a job is an object")
                continue
            }
            for name in members.keys + ["test", "standardize"] {
                #expect(block.lines.contains { $0.hasPrefix("\(name):") }, "\(name)")
            }
        }
    }

    @Test("shows jobs that come with the program")
    func shippedJobs() throws {
        let jobs = Readme.repository.appendingPathComponent("Cluster/jobs").path
        for (recipe, file) in [("multitask", "multitask-wine.yaml")] {
            let block = try #require(try Readme().blocks("yaml").first { $0.lines.first == "recipe: \(recipe)" })
            let shown = try Job(yaml: block.lines.joined(separator: "\n"), file: "\(jobs)/README.yaml")
            #expect(try shown.canonical == Job(file: "\(jobs)/\(file)").canonical)
        }
    }

    @Test("shows Swift that is part of this test")
    func swift() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("ReadmeExamples.swift")
        let source = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        let blocks = try Readme().blocks("swift")
        #expect(blocks.count == 2)
        for block in blocks {
            let lines = block.lines.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
            let isThere = source.indices.contains { source[$0...].starts(with: lines) }
            #expect(isThere, "\(lines.first ?? "")")
        }
    }

    @Test("shows Swift that does what it says")
    func examples() async throws {
        let ensemble = try await ReadmeExamples.ensemble()
        #expect(ensemble.memberCount == 32)
        let inline = try await QuarterCircle().train(on: InlineCluster())
        // The standard deviation of the share's estimate from 800,000 points is 0.0005, of four times it 0.0018.
        #expect(abs(inline - .pi) < 0.01)
        #expect(try await QuarterCircle().train(on: LocalCluster(workers: 2)) == inline)
    }

    @Test("names scripts, jobs and files that exist")
    func files() throws {
        let text = try String(contentsOf: Readme.repository.appendingPathComponent("README.md"), encoding: .utf8)
        let names = text.matches(of: /(?:Cluster|Tests|Sources)\/[\w\/.-]*\w/).map { String($0.output) }
        #expect(names.count > 8)
        for name in names {
            let path = Readme.repository.appendingPathComponent(name).path
            #expect(FileManager.default.fileExists(atPath: path), "\(name)")
        }
    }
}
