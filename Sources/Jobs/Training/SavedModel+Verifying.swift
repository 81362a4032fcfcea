import Tensors

extension SavedModel {
    /// The plan by which the model was trained, with the data read again.
    ///
    /// - Parameters:
    ///   - text: The content of the job's file.
    ///   - file: Its path, in whose folder relative paths of data begin.
    ///   - replacements: What replaces its values, as `key=value`.
    /// - Returns: what trains the model once more.
    /// - Throws: `Refusal` when the job or its data are no longer what they were; what reading the data throws.
    public func plan(from text: String, file: String, replacements: [String]) throws -> TrainingPlan {
        let job = try Job(yaml: text, file: file, overrides: replacements.map { try Override($0) })
        let plan = try TrainingPlan(job)
        guard plan.job.hash == provenance.job else {
            throw Refusal("The record of tasks is that of another job than the one by which this model was trained.")
        }
        guard plan.prepared.data == provenance.data else {
            throw Refusal(
                "The data is not what the model was trained on: its hash is \(plan.prepared.data), not \(provenance.data)."
            )
        }
        return plan
    }
}
