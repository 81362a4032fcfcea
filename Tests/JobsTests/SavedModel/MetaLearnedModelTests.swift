import Datasets
import Networks
import Recipes
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Jobs

@Suite("A meta-learned model in a folder")
struct MetaLearnedModelTests {
    private let job = """
        recipe: maml
        tasks: {sinusoid: {shots: 5, queries: 5}}
        model: {layers: [{dense: 8}, relu, {dense: 1}]}
        inner: {steps: 2}
        meta: {iterations: 20, batch: 4}
        evaluation: {tasks: 20, steps: 3}
        """

    private func trained() async throws -> (model: SavedModel, report: Report) {
        try await TrainingPlan(Job(yaml: job, file: "job.yaml")).train(on: InlineCluster())
    }

    private func rows(_ text: String) -> CSV { CSV(bytes: Array(text.utf8), name: "few.csv") }

    @Test("is read as it was written, with its curve and what was measured")
    func roundTrip() async throws {
        let folder = try Folder()
        let (model, report) = try await trained()
        try model.write(to: SavedModel.reserve("\(folder.path)/model"))
        let read = try SavedModel(folder: "\(folder.path)/model")
        let (before, after) = try (
            #require(model.body as? MetaLearnedModel), #require(read.body as? MetaLearnedModel)
        )
        #expect(read.weightBytes == model.weightBytes)
        #expect(after.curve == before.curve && after.curve.count == 20)
        #expect(after.evaluation == before.evaluation)
        #expect(after.inner == before.inner && after.taskKind == before.taskKind && after.featureNames == ["x"])
        #expect(read.metrics == model.metrics)
        #expect(report.map(\.title) == ["loss, before", "loss, 2 steps", "loss, 3 steps", "held-out tasks"])
        #expect(try read.evaluation(on: EvaluationData(source: nil)) == report)
    }

    @Test("adapts to rows of a file, and the model of that task is read as it was written")
    func adapting() async throws {
        let folder = try Folder()
        let model = try await trained().model
        let points = "y,x\n1.5,-2\n-0.5,0.25\n2,3\n"
        let (adapted, report) = try model.adapted(to: rows(points), steps: 4)
        #expect(report.map(\.title) == ["adapted to", "loss on these rows"] && report[0].value == "3 rows in 4 steps")
        try adapted.write(to: SavedModel.reserve("\(folder.path)/model"))
        let read = try SavedModel(folder: "\(folder.path)/model")
        #expect(read.weightBytes == adapted.weightBytes && adapted.weightBytes != model.weightBytes)
        // By hand.
        let base = try #require(model.body as? MetaLearnedModel)
        let x = TensorValue([-2, 0.25, 3] as [Float], shape: [3, 1])
        let y = TensorValue([1.5, -0.5, 2] as [Float], shape: [3, 1])
        let hand = try AdaptedModel(
            model: base.model,
            featureNames: ["x"],
            answers: .numbers(1),
            weights: base.adapted(to: x, labels: y, steps: 4)
        )
        let says = try hand.predict(x).floats
        let expected = AnswerTable(columns: ["y"], rows: says.map { ["\($0)"] })
        #expect(try read.answers(for: rows("x\n-2\n0.25\n3\n")) == expected)
        #expect(try read.answers(for: rows(points)) == expected, "a column of the answer is not looked at")
        let file = try folder.write(points, to: "points.csv")
        let error = zip(says, y.floats).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) } / 3
        #expect(
            try read.evaluation(on: EvaluationData(source: file))
                == [ReportLine("mean squared error", ReportLine.decimal(error)), ReportLine("rows", "3")]
        )
        #expect(try model.adapted(to: rows(points), steps: 0).model.weightBytes == model.weightBytes)
    }

    @Test("of classes adapts to rows with as many, and answers with their names")
    func classes() async throws {
        let provenance = try await trained().model.provenance
        let model = try SavedModel(
            recipe: "maml",
            body: MetaLearnedModel(
                model: .init([.init("dense", ["units": .init(2)])]),
                featureNames: ["a", "b"],
                taskKind: .classification(ways: 2),
                inner: InnerLoop(rate: 1, steps: 5),
                weights: NamedWeights(
                    names: ["layers.0.weight", "layers.0.bias"],
                    values: [TensorValue([0, 0, 0, 0] as [Float], shape: [2, 2]), TensorValue([0, 0] as [Float])]
                )
            ),
            metrics: [:],
            job: .null,
            provenance: provenance
        )
        let few = "b,kind,a\n0,left,-1\n0,right,1\n"
        let adapted = try model.adapted(to: rows(few), label: .named("kind")).model
        #expect(try adapted.answers(for: rows("a,b\n-2,1\n3,0\n")).rows == [["left"], ["right"]])
        let details = try adapted.answers(for: rows(few), details: true)
        #expect(details.columns == ["class", "probability of left", "probability of right"])
        let folder = try Folder()
        try adapted.write(to: SavedModel.reserve("\(folder.path)/model"))
        let read = try SavedModel(folder: "\(folder.path)/model")
        #expect(try read.answers(for: rows(few), details: true) == details)
        let file = try folder.write(few, to: "few.csv")
        #expect(
            try read.evaluation(on: EvaluationData(source: file))
                == [ReportLine("accuracy", share: 1), ReportLine("rows", "2")]
        )
        let error = #expect(throws: Refusal.self) { try model.adapted(to: rows("a,b,class\n1,2,x\n3,4,y\n5,6,z\n")) }
        #expect(error?.description == "The model tells 2 classes apart, but the rows have 3: give rows of 2.")
    }

    @Test("refuses what it cannot do in clear words")
    func refusals() async throws {
        let model = try await trained().model
        let predicting = #expect(throws: Refusal.self) { try model.answers(for: rows("x\n1\n")) }
        #expect(predicting?.description.hasPrefix("This model answers for a task once it has adapted to it") == true)
        #expect(throws: Refusal.self) { try model.evaluation(on: EvaluationData(source: "digits")) }
        let adapted = try model.adapted(to: rows("x,y\n1,2\n")).model
        let again = #expect(throws: Refusal.self) { try adapted.adapted(to: rows("x,y\n1,2\n")) }
        #expect(
            again?.description
                == "Only a meta-learned model can adapt, and this one has adapted already: adapt the one that it came from."
        )
        #expect(throws: Refusal.self) { try adapted.answers(for: rows("x\n1\n"), details: true) }
        let missing = #expect(throws: CSVError.self) { try model.adapted(to: rows("x\n1\n")) }
        #expect(missing?.description.contains("'y'") == true, "\(missing?.description ?? "")")
    }

    @Test("with any byte of its description changed or cut off is read or refused, never more")
    func mutations() async throws { try expectReadOrRefused(await trained().model) }
}
