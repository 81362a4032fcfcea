import Datasets
import Foundation
import Recipes
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Jobs

/// Forty people of two measurements, each with a number or a class or both.
private let people: String = {
    let rows = (0..<40).map { row in
        let (a, b) = (Double(row % 7) - 3, Double(row * row % 11) - 5)
        let age = row % 5 == 0 ? "NA" : "\(40 + 3 * a - 2 * b)"
        let smoker = row % 4 == 1 ? "" : a + b > 0 ? "yes" : "no"
        return "\(a),\(age),\(b),\(smoker)\n"
    }
    return "a,age,b,smoker\n" + rows.joined()
}()

private let small = """
    recipe: multitask
    data: {csv: people.csv, labels: {age: number, smoker: class}, missing: NA}
    trunk: {layers: [{dense: 8}, tanh]}
    head: {layers: [{dense: classes}]}
    optimizer: {adam: {rate: 0.02}}
    epochs: 30
    batch: 8

    """

private func folderOfPeople() throws -> Folder {
    let folder = try Folder()
    try folder.write(people, to: "people.csv")
    return folder
}

@Suite("A multi-task job")
struct MultiTaskJobTests {
    private func settings(_ yaml: String, in folder: Folder) throws -> MultiTaskSettings {
        let job = try Job(file: folder.write(yaml, to: "job.yaml"))
        return try #require(job.recipe as? MultiTaskSettings)
    }

    private func message(_ yaml: String) throws -> String {
        let folder = try folderOfPeople()
        let file = try folder.write(yaml, to: "job.yaml")
        do {
            _ = try TrainingPlan(try Job(file: file))
            return "no mistake"
        } catch { return "\(error)".replacing(folder.path + "/", with: "") }
    }

    @Test("needs labels, and has a default for everything else")
    func defaults() throws {
        let folder = try folderOfPeople()
        let short = "recipe: multitask\ndata: {csv: people.csv, labels: {age: number, smoker: class}}\n"
        let long =
            short + """
                test: 0.3
                standardize: true
                trunk: {layers: [{dense: 64}, relu]}
                head: {layers: [{dense: 32}, relu, {dense: classes}]}
                weights: {age: 1}
                optimizer: adam
                epochs: 20
                batch: 32
                diverged: stop
                baselines: true
                snapshot_every: 1000
                """
        #expect(try settings(short, in: folder) != settings(small, in: folder))
        let canonical = try [short, long].map { try Job(file: folder.write($0, to: "job.yaml")).canonical }
        #expect(canonical[0] == canonical[1])
    }

    @Test("keeps the order of its tasks, and gives each its own weight and head where it says so")
    func tasks() throws {
        let folder = try folderOfPeople()
        try folder.write("a,b,bmi\n1,2,30\n2,3,31\n4,4,\n", to: "more.csv")
        let settings = try settings(
            """
            recipe: multitask
            tasks:
              smoker: {csv: people.csv, type: class}
              years: {csv: people.csv, label: age, type: number, missing: NA}
              bmi: {csv: more.csv, type: number}
            heads: {bmi: {layers: [{dense: 1}]}}
            weights: {years: 0.5}
            diverged: skip
            """,
            in: folder
        )
        #expect(settings.tasks.map(\.name) == ["smoker", "years", "bmi"])
        #expect(settings.tasks.map(\.label) == ["smoker", "age", "bmi"])
        #expect(settings.tasks.map(\.weight) == [1, 0.5, 1])
        #expect(settings.tasks.map(\.head.layers.count) == [3, 3, 1])
        #expect(settings.tasks.map(\.table.missing) == [nil, "NA", nil])
        #expect(settings.diverged == .skip)
    }

    @Test("says what is wrong with it, where, and what is allowed, before anything starts")
    func mistakes() throws {
        #expect(try message(small) == "no mistake")
        let data = "data: {csv: people.csv, labels: {age: number, smoker: class}, missing: NA}\n"
        #expect(
            try message("recipe: multitask\n").contains(
                "'data' is missing. It must be a file such as {csv: people.csv, labels: {age: number, smoker: class}}."
            )
        )
        #expect(
            try message("recipe: multitask\ndata: {csv: people.csv, labels: {age: numbr}}")
                == "job.yaml:2:39: 'data.labels.age' must be number or class, but is 'numbr'. Did you mean 'number'?"
        )
        #expect(
            try message("recipe: multitask\ndata: {csv: people.csv, labels: {age: number}}")
                .hasPrefix("people.csv, line 2, column 2 ('age'): found 'NA', but this label is to be a number")
        )
        #expect(
            try message("recipe: multitask\ndata: {csv: people.csv, labels: {height: number}}")
                .hasPrefix("job.yaml:2:34: people.csv: no column is called 'height'")
        )
        #expect(
            try message("recipe: multitask\n" + data + "tasks: {a: {}}").contains("'data' and 'tasks' are both given.")
        )
        #expect(
            try message("recipe: multitask\n" + data + "weights: {agee: 2}")
                == "job.yaml:3:11: there is no key 'weights.agee' here. Did you mean 'age'? Keys: age, smoker."
        )
        #expect(
            try message("recipe: multitask\n" + data + "weights: {age: 0, smoker: 0}")
                == "'weights' is all 0, and must be more than 0 for at least one task."
        )
        #expect(
            try message("recipe: multitask\n" + data + "heads: {smoker: {layers: [{dense: 3}]}}") == """
                job.yaml:3:18: the head of 'smoker' gives [3] for each example, but [2] is needed. End with {dense: 2}, or \
                {dense: classes}, which for a number is 1.
                """
        )
        #expect(
            try message("recipe: multitask\n" + data + "trunk: {layers: [{dense: classes}]}")
                == "job.yaml:3:9: the trunk has no classes: say how many units each layer has."
        )
        #expect(
            try message("recipe: multitask\n" + data + "diverged: halt")
                == "job.yaml:3:11: 'diverged' must be stop or skip, but is 'halt'."
        )
    }

    @Test("with a table for each task that have other features is refused")
    func unlikeTables() throws {
        let folder = try folderOfPeople()
        try folder.write("a,c,bmi\n1,2,30\n2,3,31\n4,4,32\n", to: "more.csv")
        let yaml = """
            recipe: multitask
            tasks:
              smoker: {csv: people.csv, type: class, missing: NA}
              age: {csv: people.csv, type: number, missing: NA}
              bmi: {csv: more.csv, type: number}
            """
        let error = #expect(throws: Refusal.self) {
            try TrainingPlan(Job(file: folder.write(yaml, to: "job.yaml")))
        }
        #expect(error?.description.contains("must have the same features in the same order") == true)
    }
}

@Suite("A saved multi-task model")
struct SavedMultiTaskTests {
    private func trained(in folder: Folder, _ more: String = "") async throws -> (SavedModel, Report) {
        try await TrainingPlan(Job(file: folder.write(small + more, to: "job.yaml"))).train(on: InlineCluster())
    }

    @Test("has a line for each task in its report, with what the task scores alone, and keeps the numbers")
    func report() async throws {
        let folder = try folderOfPeople()
        let (model, report) = try await trained(in: folder)
        #expect(report.map(\.title) == ["age", "smoker"])
        let age = try #require(report[0].value.firstMatch(of: /error (\S+), R² (\S+); alone error (\S+), R² (\S+)/))
        #expect(age.output.1 == ReportLine.decimal(try #require(model.metrics["age.rms_error"])))
        #expect(age.output.4 == ReportLine.decimal(try #require(model.metrics["age.alone.r2"])))
        let smoker = try #require(report[1].value.firstMatch(of: /(\S+ %) right; alone (\S+ %) right/))
        #expect(String(smoker.output.1) == ReportLine.percent(try #require(model.metrics["smoker.accuracy"])))
        #expect(Double(age.output.2) ?? 0 > 0.8, "age is a plain sum of the features: \(report[0].value)")
    }

    @Test("comes back as it was written, answers and measures as before, and is then written as the same bytes")
    func roundTrip() async throws {
        let folder = try folderOfPeople()
        for more in ["", "standardize: false\nbaselines: false\nweights: {age: 0.1, smoker: 0}\n"] {
            let (model, _) = try await trained(in: folder, more)
            let paths = ["a", "b"].map { "\(folder.path)/\($0)" + (more.isEmpty ? "" : "2") }
            try model.write(to: SavedModel.reserve(paths[0]))
            let again = try SavedModel(folder: paths[0])
            let weights = try #require(again.body as? SavedMultiTask).network.tasks.map(\.weight)
            #expect(weights == (more.isEmpty ? [1, 1] : [0.1, 0]))
            try again.write(to: SavedModel.reserve(paths[1]))
            for file in ["model.json", "weights.safetensors"] {
                let bytes = try paths.map { try Data(contentsOf: URL(fileURLWithPath: "\($0)/\(file)")) }
                #expect(bytes[0] == bytes[1])
            }
            let csv = CSV(file: "\(folder.path)/people.csv")
            let answers = try model.answers(for: csv, details: true)
            #expect(try again.answers(for: csv, details: true) == answers)
            #expect(
                answers.columns == ["age", "smoker", "probability of smoker no", "probability of smoker yes"]
            )
            #expect(answers.rows.count == 40 && answers.rows.allSatisfy { $0.count == 4 })
            #expect(try again.answers(for: csv, details: false).columns == ["age", "smoker"])
        }
    }

    @Test("is measured on the test part of what it learned from, and on all of other rows")
    func evaluation() async throws {
        let folder = try folderOfPeople()
        let (model, report) = try await trained(in: folder)
        let own = try model.evaluation(on: EvaluationData(source: "\(folder.path)/people.csv"))
        #expect(own.map(\.title) == ["age", "smoker"])
        for (line, trained) in zip(own, report) {
            let score = trained.value.prefix { $0 != ";" }
            #expect(
                line.value.hasPrefix(score + "; ")
                    && line.value.hasSuffix(" of the test part of the data that it learned from")
            )
        }
        let other = try folder.write("b,smoker,a\n1,yes,2\n-3,no,1\n2,,2\n", to: "other.csv")
        let measured = try model.evaluation(on: EvaluationData(source: other))
        #expect(measured.map(\.title) == ["smoker"] && measured[0].value.hasSuffix(" right; 2 rows"))
        let none = try folder.write("b,a\n1,2\n", to: "none.csv")
        #expect(throws: CSVError.self) { try model.evaluation(on: EvaluationData(source: none)) }
        #expect(throws: Refusal.self) { try model.evaluation(on: EvaluationData(source: nil)) }
        #expect(throws: Refusal.self) { try model.evaluation(on: EvaluationData(source: other, label: .named("a"))) }
    }

    @Test("that was changed is refused with what is wrong")
    func refused() async throws {
        let folder = try folderOfPeople()
        let (model, _) = try await trained(in: folder, "baselines: false\n")
        try model.write(to: SavedModel.reserve("\(folder.path)/a"))
        let json = try String(decoding: folder.bytes(of: "a/model.json"), as: UTF8.self)
        let changes = [
            ("\"dense\": 8", "\"dense\": 9", "The weights do not fit the model: "),
            ("\"type\": \"number\"", "\"classes\": [\"u\"], \"type\": \"number\"", "belongs to no part of the model"),
            ("[\"no\", \"yes\"]", "[\"no\", \"yes\", \"x\"]", "The head of 'smoker' gives [2]"),
            ("\"label\": \"age\",", "", "'tasks.0.label' is missing"),
            ("\"features\": [\"a\", ", "\"features\": [\"a\", \"c\", ", "the standardisation is not one of 3 features"),
        ]
        for (old, new, expected) in changes {
            #expect(json.contains(old), "\(old)")
            try folder.write(json.replacing(old, with: new), to: "a/model.json")
            let error = #expect(throws: (any Error).self) { try SavedModel(folder: "\(folder.path)/a") }
            #expect(error.map { "\($0)".contains(expected) } == true, "\(new): \(String(describing: error))")
        }
    }
}
