import Datasets
import Execution
import Foundation
import Recipes
import Synchronization
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Jobs

@Suite("A plan to train")
struct TrainingPlanTests {
    private func message(_ yaml: String, csv: String? = nil) throws -> String {
        let folder = try Folder()
        if let csv { try folder.write(csv, to: "a.csv") }
        let file = try folder.write("recipe: bagging\n" + yaml, to: "job.yaml")
        do {
            _ = try TrainingPlan(try Job(file: file))
            return "no mistake"
        } catch { return "\(error)".replacing(folder.path + "/", with: "") }
    }

    @Test("finds everything that can be wrong with a job and its data before anything starts")
    func mistakes() throws {
        let table = "data: {csv: a.csv, label: class}\n"
        #expect(try message("data: digits\n") == "no mistake")
        #expect(
            try message("data: digits\nmodel: {layers: [{dense: 64}, relu, {dense: 9}]}") == """
                job.yaml:3:9: the last layer gives [9] for each example, but 'digits' has 10 classes. \
                End with {dense: 10}, or {dense: classes}.
                """
        )
        #expect(try message(table, csv: "a,class\n1,x\n2,x\n3,y\n").contains("The class 'y' of"))
        #expect(try message(table, csv: "a,class\n1,x\n2,x\n").contains("only the class 'x'"))
        #expect(
            try message(table, csv: "a,clas\n1,x\n2,y\n").hasPrefix(
                "job.yaml:2:27: a.csv: no column is called 'class', which was given as the label. Did you mean 'clas'?"
            )
        )
        #expect(
            try message("data: {csv: a.csv, label: 3}\n", csv: "a,b\n1,x\n2,y\n").hasPrefix(
                "job.yaml:2:27: a.csv: the label column is number 3, but there are 2 columns."
            )
        )
        #expect(try message(table, csv: "a,class\n1,x\n?,y\n").contains("found '?', but a feature must be a number"))
        #expect(try message(table, csv: "a,class\n1,x\n2\n").contains("line 3"))
        #expect(try message(table, csv: "").hasPrefix("a.csv"))
    }

    @Test("counts a member when its chain of tasks has ended, in whatever order chains go on")
    func progress() async throws {
        let text = "recipe: bagging\ndata: digits\nepochs: 10000\nensemble: {members: 10, members_per_task: 4}\n"
        let plan = try TrainingPlan(Job(yaml: text, file: "job.yaml"))
        let length = plan.prepared.chainLength
        #expect(length > 2)
        let parts = [0..<4, 4..<8, 8..<10]
        let program = try Program.trace([Port("x", TensorType(.f32, []))]) { ["y": $0[0] + 1] }
        for seed in 0..<20 as Range<UInt64> {
            var numbers = Seeded(seed)
            let reports = Mutex<[TrainingProgress]>([])
            let cluster = WatchedCluster(InlineCluster(), plan: plan) { progress in
                reports.withLock { $0.append(progress) }
            }
            var (left, finished) = ([length, length, length], 0)
            func run(_ role: Role) async throws -> TrainingProgress {
                _ = try await cluster.run(program, Work(role, inputs: [.value(TensorValue(scalar: Float(1)))]))
                return try #require(reports.withLock { $0.last })
            }
            while let part = left.indices.filter({ left[$0] > 0 }).randomElement(using: &numbers) {
                left[part] -= 1
                if left[part] == 0 { finished += parts[part].count }
                let progress = try await run(.bootstrap(members: parts[part], of: 10))
                #expect(progress.done == finished, "seed \(seed)")
                #expect(!progress.isOver, "nobody was asked about the rows that it did not see")
            }
            #expect(finished == 10)
            for (index, part) in parts.shuffled(using: &numbers).enumerated() {
                let progress = try await run(.score(members: part, of: 10))
                #expect(progress.done == 10 && progress.isOver == (index == 2), "seed \(seed): \(progress)")
            }
        }
    }

    @Test("refuses what does not fit into the memory for a task, and compiles nothing where there is plenty")
    func memory() throws {
        let yaml = "recipe: bagging\ndata: digits\nmodel: {layers: [{dense: 64}, relu, {dense: classes}]}\n"
        let plan = try TrainingPlan(Job(yaml: yaml, file: "job.yaml"))
        let programs = try plan.programs().map(\.program)
        // Four networks of 64 x 64 + 64 + 64 x 10 + 10 weights of four bytes.
        let plenty = 64 * 4 * 4 * 4810
        for power in 12...32 {
            let memory = 1 << power
            let fits = programs.allSatisfy {
                (try? CompiledProgram($0, limits: ExecutionLimits(memory: memory))) != nil
            }
            guard !fits, memory < plenty else {
                #expect(throws: Never.self, "2^\(power)") { try plan.checkFits(memory: memory) }
                continue
            }
            let error = #expect(throws: DocumentError.self, "2^\(power)") { try plan.checkFits(memory: memory) }
            let sentence = error?.description ?? ""
            #expect(sentence.contains(/^job\.yaml:3:9: a task '(fit|votes)' of this network does not fit/))
            #expect(sentence.contains("layer 1, {dense: 64}: 4,160. Make it smaller, or train fewer than 4"))
        }
        #expect(throws: DocumentError.self) { try plan.checkFits(memory: 1 << 20) }
    }

    @Test("counts a round of boosting when its chain of tasks has ended")
    func rounds() async throws {
        let text = """
            recipe: adaboost
            data: digits
            boosting: {rounds: 3, learner: network}
            epochs: 100000

            """
        let plan = try TrainingPlan(Job(yaml: text, file: "job.yaml"))
        let length = plan.prepared.chainLength
        #expect(length > 2 && plan.start.unit == "rounds" && plan.start.total == 3)
        let program = try Program.trace([Port("x", TensorType(.f32, []))]) { ["y": $0[0] + 1] }
        let last = Mutex(plan.start)
        let cluster = WatchedCluster(InlineCluster(), plan: plan) { progress in last.withLock { $0 = progress } }
        for task in 0..<3 * length {
            _ = try await cluster.run(
                program,
                Work(.round(task / length), inputs: [.value(TensorValue(scalar: Float(1)))])
            )
            let progress = last.withLock { $0 }
            #expect(progress.done == (task + 1) / length, "after \(task + 1) tasks")
            #expect(abs(progress.share - Double(task + 1) / Double(3 * length)) < 1e-9)
            #expect(progress.isOver == (task == 3 * length - 1))
        }
    }

    @Test("keeps the test part away from what the features are standardised by")
    func standardised() throws {
        func split(_ yaml: String) throws -> Split {
            let prepared = try TrainingPlan(Job(yaml: yaml, file: "job.yaml")).prepared
            return try #require(prepared as? PreparedBagging).rows.split
        }
        let training = try split("recipe: bagging\ndata: breast-cancer").training
        let features = training.features
        let (rows, count) = (features.shape[0], features.shape[1])
        let values = features.floats
        for feature in 0..<count {
            let column = (0..<rows).map { Double(values[$0 * count + feature]) }
            let mean = column.reduce(0, +) / Double(rows)
            let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
            // The numbers are rounded to f32 on the way, of which the largest are some hundred deviations from 0.
            #expect(abs(mean) < 1e-4 && abs(variance - 1) < 1e-3, "feature \(feature): \(mean), \(variance)")
        }
        let raw = try split("recipe: bagging\ndata: breast-cancer\nstandardize: false").training
        #expect(raw.labels == training.labels, "the same rows")
        #expect(raw.features != features)
    }

    @Test("can be made of every job file that comes with the program")
    func shipped() throws {
        let jobs = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4) + ["Cluster", "jobs"]
        let folder = NSString.path(withComponents: Array(jobs))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        #expect(files.count >= 7)
        for file in files where file != "maml-omniglot.yaml" {
            #expect(throws: Never.self, "\(file)") { try TrainingPlan(Job(file: "\(folder)/\(file)")) }
        }
        // Its archive has to be fetched first.
        let archive = #expect(throws: DocumentError.self) { try Job(file: "\(folder)/maml-omniglot.yaml") }
        #expect(archive.map { "\($0)".contains("images_background_small1.zip', which does not") } == true)
        let digits = try Job(
            file: "\(folder)/bagging-digits.yaml",
            overrides: [Override("model.layers.2.dense=classes")]
        )
        let defaults = try Job(yaml: "recipe: bagging\ndata: digits", file: "job.yaml")
        #expect(digits.canonical == defaults.canonical, "its comment says that it holds the defaults")
    }
}
