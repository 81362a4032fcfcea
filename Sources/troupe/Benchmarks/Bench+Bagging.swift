import Jobs
import Tasks

extension Bench {
    /// The bagging ensemble of `Cluster/jobs/bagging-digits.yaml`, in this process on one core.
    static let bagging = Bench(name: "bagging-digits", measures: "32 networks on the digits, on one core") {
        let plan = try TrainingPlan(Job(yaml: "recipe: bagging\ndata: digits\n", file: "bagging-digits.yaml"))
        var accuracy = 0.0
        let seconds = try await Figure.medianSeconds(runs: 3) {
            accuracy = try await plan.train(on: InlineCluster()).model.metrics[Metrics.ensembleAccuracy] ?? .nan
        }
        return [
            Figure(metric: "fit_seconds", value: seconds, unit: "s", runs: 3),
            // Of 32 members in 20 epochs of 40 steps.
            Figure(metric: "member_step_rate", value: 32 * 20 * 40 / seconds, unit: "member-steps/s", runs: 3),
            Figure(metric: "test_accuracy", value: accuracy, unit: "fraction", runs: 3),
        ]
    }
}
