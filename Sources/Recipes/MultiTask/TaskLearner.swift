import Datasets
import Networks
import Optimizers
import Tasks
import Tensors

/// A task with its programs, traced once, and its rows as they are learned.
struct TaskLearner: Sendable {
    let name: String
    let trunk: PackedNetwork
    let head: PackedNetwork
    let target: TaskTarget
    let features: TensorValue
    let labels: TensorValue
    let present: TensorValue
    /// Rows in a step.
    let batch: Int
    /// See `HeadStep`.
    let step: Program

    init(_ task: PredictionTask, trunk: Sequential, optimizer: any GradientTransform, batch: Int) throws {
        let column = try task.training.label(task.label)
        name = task.name
        target = TaskTarget(column)
        features = task.training.features
        labels = target.learned(column)
        present = column.presence
        let (rows, featureCount) = (task.training.rowCount, task.training.featureCount)
        self.batch = min(batch, rows)
        let shared = try trunk.outputShape(for: [featureCount])
        self.trunk = try PackedNetwork(trunk, as: "trunk", example: [featureCount], optimizer: optimizer)
        head = try PackedNetwork(task.head, as: "head of \(task.name)", example: shared, optimizer: optimizer)
        step = try HeadStep(
            trunk: self.trunk,
            head: head,
            target: target,
            rows: rows,
            featureCount: featureCount,
            batch: self.batch
        ).program()
    }

    /// The number of rows.
    var rows: Int { present.shape[0] }

    /// The number of steps that see each row once.
    var batches: Int { (rows + batch - 1) / batch }
}

extension Cluster {
    /// Keeps each task's features, labels and which of them are present; a table of several tasks is kept once.
    func share(_ learners: [TaskLearner]) async throws -> [[Handle]] {
        var tables: [[Handle]] = []
        for (index, learner) in learners.enumerated() {
            let like = learners[..<index].firstIndex { $0.features == learner.features }
            let features = if let like { tables[like][0] } else { try await share(learner.features) }
            tables.append([features, try await share(learner.labels), try await share(learner.present)])
        }
        return tables
    }
}
