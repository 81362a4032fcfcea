import Foundation
import TestSupport
import Testing

/// A job of each recipe, with tasks long enough that something can happen amid them.
enum SampleJob: String, CaseIterable, CustomTestStringConvertible {
    case bagging, stumps, networks, maml, segments, multitask

    var testDescription: String { rawValue }

    /// The job itself.
    var job: TestJob {
        switch self {
        case .bagging: TestJob(members: 12, epochs: 200)
        case .stumps:
            TestJob(text: "recipe: adaboost\ndata: breast-cancer\nboosting: {rounds: 12, features_per_task: 8}\n")
        case .networks:
            // Three hidden units never get everything right.
            TestJob(
                text: """
                    recipe: adaboost
                    data: digits
                    boosting: {rounds: 4, learner: network}
                    model: {layers: [{dense: 3}, tanh, {dense: classes}]}
                    epochs: 600

                    """
            )
        case .maml:
            TestJob(
                text: """
                    recipe: maml
                    tasks: {sinusoid: {shots: 1000, queries: 1000}}
                    meta: {iterations: 30, batch: 8, tasks_per_shard: 4}
                    snapshot_every: 4
                    evaluation: {tasks: 8, steps: 2}

                    """
            )
        case .segments:
            TestJob(
                text: """
                    recipe: maml
                    tasks: {sinusoid: {shots: 1000, queries: 1000}}
                    meta: {iterations: 60, batch: 8}
                    snapshot_every: 4
                    evaluation: {tasks: 8, steps: 2}

                    """
            )
        case .multitask:
            TestJob(
                text: """
                    recipe: multitask
                    data: {csv: wine.csv, labels: {cultivar: class, alcohol: number}}
                    trunk: {layers: [{dense: 8}, relu]}
                    head: {layers: [{dense: 4}, relu, {dense: classes}]}
                    epochs: 50
                    snapshot_every: 40
                    baselines: false

                    """
            )
        }
    }

    /// How many tasks may be finished after the last record or snapshot.
    var mostLost: Int {
        switch self {
        case .bagging, .networks: 0
        // The features are sorted again.
        case .stumps: 4
        // Two tasks an iteration, and those of one that is not over.
        case .maml: 2 * 4 + 2
        // One, whose snapshot was not written yet.
        case .segments: 1
        case .multitask: 2 * 40 + 2
        }
    }

    /// A folder that holds the job's file and its data.
    func folder() throws -> Folder {
        let folder = try job.folder()
        if self == .multitask {
            let table = Readme.repository.appendingPathComponent("Cluster/jobs/wine.csv")
            try FileManager.default.copyItem(atPath: table.path, toPath: "\(folder.path)/wine.csv")
        }
        return folder
    }
}
