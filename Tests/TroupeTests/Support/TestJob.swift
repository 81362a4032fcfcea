import Jobs
import Tasks
import Tensors
import TestSupport

/// A job that is as long as a test needs it.
struct TestJob: Sendable {
    /// What stands in its file.
    var text: String
    /// What of it is replaced on the command line.
    var replacements: [String] = []
    /// What stands in other files of its folder.
    var files: [String: String] = [:]

    /// Bagging on the digits.
    ///
    /// - Parameters:
    ///   - members: How many members, a task for each.
    ///   - epochs: Twenty take some hundredths of a second for each member.
    init(members: Int, epochs: Int) {
        text = "recipe: bagging\ndata: digits\n"
        replacements = ["ensemble.members=\(members)", "ensemble.members_per_task=1", "epochs=\(epochs)"]
    }

    /// Any other job.
    init(text: String) { self.text = text }

    /// What stands after `train` or `coordinator`, with the job's file and the output.
    func arguments(output: String = "model") -> [String] {
        ["job.yaml", "--output", output] + replacements.flatMap { ["--set", $0] }
    }

    /// A folder that holds the job's file.
    func folder() throws -> Folder {
        let folder = try Folder()
        try folder.write(text, to: "job.yaml")
        for (name, content) in files { try folder.write(content, to: name) }
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
