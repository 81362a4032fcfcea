import Datasets
import Networks
import Optimizers
import Tasks
import Tensors
import Testing

@testable import Recipes

@Suite("A mistake in a multi-task job")
struct MultiTaskMistakeTests {
    private func message(_ change: (inout [PredictionTask], inout MultiTaskSettings) -> Void) throws -> String {
        let table = try Example.table()
        var tasks = [
            PredictionTask("height", head: Example.head(1), training: table),
            PredictionTask("kind", head: Example.head(3), training: table),
        ]
        var settings = MultiTaskSettings()
        change(&tasks, &settings)
        do {
            _ = try MultiTask(
                trunk: settings.trunk,
                tasks: tasks,
                optimizer: adam(),
                epochs: settings.epochs,
                batch: settings.batch,
                snapshotEvery: settings.snapshotEvery
            )
            return "no error"
        } catch { return "\(error)" }
    }

    private struct MultiTaskSettings {
        var trunk = Example.trunk
        var epochs = 1
        var batch = 4
        var snapshotEvery = 1
    }

    @Test("says what is wrong and what is allowed, before anything runs")
    func messages() throws {
        #expect(try message { _, _ in } == "no error")
        #expect(try message { $1.epochs = 0 } == "'epochs' is 0, and must be a whole number from 1 to 1000000.")
        #expect(try message { $1.batch = 0 } == "'batch' is 0, and must be a whole number from 1 to 1000000.")
        #expect(
            try message { $1.snapshotEvery = 0 }
                == "'snapshot every' is 0, and must be a whole number from 1 to 1000000."
        )
        #expect(try message { tasks, _ in tasks = [] } == "'tasks' is empty, and must be at least one task.")
        #expect(
            try message { tasks, _ in tasks[1] = tasks[0] }
                == "'tasks' is 'height' twice, and must be of different names."
        )
        #expect(
            try message { tasks, _ in tasks[1].weight = -1 }
                == "'weight of kind' is -1.0, and must be from 0 to 1000000."
        )
        #expect(
            try message { tasks, _ in for index in 0..<2 { tasks[index].weight = 0 } }
                == "'weights' is all 0, and must be more than 0 for at least one task."
        )
        #expect(
            try message { tasks, _ in tasks[0].head = Example.head(3) } == """
                The head of 'height' gives [3] for each example, but [1] is needed, one number for each class or a single \
                one to predict a number: end with {dense: 1}.
                """
        )
        #expect(
            try message { tasks, _ in tasks[0].label = "width" }
                == "'example' has no labels 'width'. Its labels are 'height', 'kind'."
        )
        #expect(
            try message { tasks, _ in tasks[0].test = (try? Example.table().rows([0]))?.features(named: "z") }
                .hasPrefix("The training and the test data must have the same features in the same order")
        )
    }

    @Test("a part without weights is refused before any task runs")
    func nothingToLearn() async throws {
        let table = try Example.table()
        let job = try MultiTask(
            trunk: Sequential { ReLU() },
            tasks: [PredictionTask("height", head: Example.head(1), training: table)],
            optimizer: adam()
        )
        let error = await #expect(throws: RecipeError.self) { try await job.train(on: InlineCluster()) }
        #expect(error?.description == "'trunk' is without weights, and must be layers with something to learn.")
    }

    @Test("a model takes no weights of other layers, and predicts no data of another width")
    func models() async throws {
        let table = try Example.table()
        let job = try MultiTask(
            trunk: Example.trunk,
            tasks: [PredictionTask("height", head: Example.head(1), training: table)],
            optimizer: adam(),
            epochs: 1
        )
        let model = try await job.train(on: InlineCluster())
        #expect(throws: RecipeError.featureCount(found: 3, needed: 4)) {
            try model.predict(TensorValue([1, 2, 3] as [Float], shape: [1, 3]))
        }
        #expect(throws: RecipeError.self) {
            try MultiTaskModel(
                trunk: model.trunk,
                trunkWeights: model.tasks[0].weights,
                featureNames: model.featureNames,
                tasks: model.tasks
            )
        }
    }
}

extension MultiLabelTable {
    /// The same rows with features of another name.
    fileprivate func features(named name: String) -> MultiLabelTable? {
        try? MultiLabelTable(
            name: self.name,
            features: features,
            featureNames: (0..<featureCount).map { "\(name)\($0)" },
            labels: labels
        )
    }
}
