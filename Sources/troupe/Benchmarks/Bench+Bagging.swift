import Execution
import Jobs
import Recipes
import Tasks
import Tensors

extension Bench {
    /// The bagging ensemble of `Cluster/jobs/bagging-digits.yaml`, in this process on one core: the whole job, and its
    /// training alone.
    static let bagging = Bench(name: "bagging-digits", measures: "32 networks on the digits, on one core") {
        let plan = try TrainingPlan(Job(yaml: "recipe: bagging\ndata: digits\n", file: "bagging-digits.yaml"))
        var accuracy = 0.0
        let seconds = try await Figure.medianSeconds(runs: 3) {
            accuracy = try await plan.train(on: InlineCluster()).model.metrics[Metrics.ensembleAccuracy] ?? .nan
        }
        let program = try plan.programs()[0].program
        let compiled = try LocalExecutor().compile(program)
        let inputs = program.sampleInputs()
        let training = try await Figure.medianSeconds(runs: 3) {
            for _ in 0..<8 { _ = try compiled.run(inputs) }  // of four members each
        }
        return [
            Figure(metric: "fit_seconds", value: seconds, unit: "s", runs: 3),
            Figure(metric: "training_seconds", value: training, unit: "s", runs: 3),
            // Of 32 members in 20 epochs of 40 steps.
            Figure(metric: "member_step_rate", value: 32 * 20 * 40 / seconds, unit: "member-steps/s", runs: 3),
            Figure(metric: "test_accuracy", value: accuracy, unit: "fraction", runs: 3),
        ]
    }

    /// One network on the digits for an epoch, once: whoever starts the process sees how long that takes from the start.
    static let firstResult = Bench(name: "first-result", measures: "one network for one epoch, without any warm-up") {
        let yaml = "recipe: bagging\ndata: digits\nepochs: 1\nensemble: {members: 1}\n"
        let plan = try TrainingPlan(Job(yaml: yaml, file: "first-result.yaml"))
        let took = try await ContinuousClock().measure { _ = try await plan.train(on: InlineCluster()) }
        return [Figure(metric: "seconds", value: took / .seconds(1), unit: "s", runs: 1)]
    }
}
