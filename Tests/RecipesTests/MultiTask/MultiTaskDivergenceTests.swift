import Datasets
import Networks
import Optimizers
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Recipes

@Suite("A head that diverges")
struct MultiTaskDivergenceTests {
    /// A number, a class, and a task whose table has one row that overflows everything.
    private func job(wildRow: Int, _ change: (inout MultiTask) -> Void = { _ in }) throws -> MultiTask {
        let table = try Example.table()
        var x = table.features.floats
        for feature in 0..<4 { x[wildRow * 4 + feature] = 3e38 }
        // A ReLU lets the size through to the loss, which squares it.
        let trunk = Sequential {
            Dense(5)
            ReLU()
        }
        let wild = try MultiLabelTable(
            name: "wild",
            features: TensorValue(x, shape: [10, 4]),
            featureNames: table.featureNames,
            labels: [
                LabelColumn("wild", labels: .numbers(TensorValue((0..<10).map(Float.init))))
            ]
        )
        var job = try MultiTask(
            trunk: trunk,
            tasks: [
                PredictionTask("height", head: Example.head(1), training: table, test: table),
                PredictionTask("wild", head: Example.head(1), training: wild, test: table.renamed("wild")),
                PredictionTask("kind", head: Example.head(3), training: table, test: table),
            ],
            optimizer: adam(rate: 0.01),
            epochs: 2,
            batch: 4,
            seed: 5
        )
        change(&job)
        return job
    }

    /// The step whose batch is the first to hold a row.
    private func firstStep(with row: Int) -> Int {
        let order = RandomKey(seed: 5).child("multi-task").child("order").child(0).permutation(10)
        let wrapped = order + order.prefix(2)
        return (wrapped.firstIndex(of: row) ?? 0) / 4
    }

    @Test("stops training, and is named with its step, wherever it stands among the tasks")
    func stops() async throws {
        for row in 0..<10 {
            let error = await #expect(throws: RecipeError.self) {
                try await job(wildRow: row) { $0.tasks.swapAt(1, row % 3) }.train(on: InlineCluster())
            }
            #expect(error == .lossDiverged(role: .head("wild"), step: firstStep(with: row)))
        }
    }

    @Test("is left out from there on if that is the policy, and named in the report")
    func skips() async throws {
        for row in [0, 3, 6, 8] {
            let step = firstStep(with: row)
            let model = try await job(wildRow: row) { $0.diverged = .skip }.train(on: InlineCluster())
            #expect(model.tasks.map(\.divergedAt) == [nil, step, nil])
            #expect(model.tasks[1].baseline == nil, "alone it diverged too, which stopped nothing")
            #expect(model.tasks[0].baseline != nil)
            #expect(model.allWeights.flatMap(\.values).flatMap(\.floats).allSatisfy { $0.isFinite })
            guard step == 0 else { continue }
            let without = try await job(wildRow: row) { $0.tasks[1].weight = 0 }.train(on: InlineCluster())
            #expect(model.allWeights == without.allWeights, "as if it had not been there")
        }
    }

    @Test("is left out in the same way when the run is killed and started again")
    func resumes() async throws {
        let row = (0..<10).first { firstStep(with: $0) == 1 } ?? 0
        func skipping() throws -> MultiTask {
            try job(wildRow: row) { job in
                job.diverged = .skip
                job.baselines = false
                job.snapshotEvery = 1
            }
        }
        let calm = try await skipping().train(on: InlineCluster())
        for dying in 0...12 {
            let first = KillableCluster(tasks: dying)
            await #expect(throws: KillableCluster.Killed.self) { try await skipping().train(on: first) }
            let model = try await skipping().train(on: KillableCluster(after: first))
            #expect(model.allWeights == calm.allWeights)
            #expect(model.tasks.map(\.divergedAt) == calm.tasks.map(\.divergedAt))
        }
    }

    @Test("when none is left, training stops even if heads may be left out")
    func nobodyLeft() async throws {
        let error = await #expect(throws: RecipeError.self) {
            try await job(wildRow: 0) { job in
                job.diverged = .skip
                job.optimizer = sgd(rate: 1e38)
            }.train(on: InlineCluster())
        }
        guard case .everythingDiverged? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}

extension MultiLabelTable {
    /// The numbers of a table under another name.
    fileprivate func renamed(_ name: String) throws -> MultiLabelTable {
        let column = try label("height")
        return try MultiLabelTable(
            name: self.name,
            features: features,
            featureNames: featureNames,
            labels: [LabelColumn(name, labels: column.labels, isPresent: column.isPresent)]
        )
    }
}
