import Jobs
import Tasks
import Tensors
import TestSupport

/// A bagging job on the digits that is as long as a test needs it.
struct TestJob: Sendable {
    /// How many members, a task for each.
    var members: Int
    /// Twenty take some hundredths of a second for each member.
    var epochs: Int

    /// What stands in its file.
    static let text = "recipe: bagging\ndata: digits\n"

    private var replacements: [String] {
        ["ensemble.members=\(members)", "ensemble.members_per_task=1", "epochs=\(epochs)"]
    }

    /// What stands after `train` or `coordinator`, with the job's file and the output.
    func arguments(output: String = "model") -> [String] {
        ["job.yaml", "--output", output] + replacements.flatMap { ["--set", $0] }
    }

    /// A folder that holds the job's file.
    func folder() throws -> Folder {
        let folder = try Folder()
        try folder.write(Self.text, to: "job.yaml")
        return folder
    }

    /// Trains it on a cluster.
    ///
    /// - Returns: the SHA-256 of its weights.
    func train(on cluster: some Cluster) async throws -> String {
        let folder = try folder()
        let job = try Job(file: "\(folder.path)/job.yaml", overrides: replacements.map { try Override($0) })
        let model = try await TrainingPlan(job).train(on: cluster).model
        return try model.write(to: SavedModel.reserve("\(folder.path)/model")).description
    }
}
