import Recipes
import Synchronization
import Tasks
import Testing

@testable import Jobs

@Suite("A boosting job")
struct AdaBoostSettingsTests {
    private func message(_ more: String) -> String {
        do {
            _ = try TrainingPlan(Job(yaml: "recipe: adaboost\ndata: breast-cancer\n" + more, file: "job.yaml"))
            return "no mistake"
        } catch { return "\(error)" }
    }

    @Test("boosts stumps unless it is told otherwise; every default is visible in the canonical form")
    func defaults() throws {
        let job = try Job(yaml: "recipe: adaboost\ndata: breast-cancer\n", file: "job.yaml")
        #expect(
            job.canonical.description == #"""
                {"boosting":{"features_per_task":10,"learner":"stump","rounds":50},\#
                "data":{"name":"breast-cancer","standardize":true,"test":0.3},"numerics":"exact","recipe":"adaboost","seed":0}
                """#
        )
    }

    @Test("boosts networks with the keys of bagging")
    func networks() throws {
        let yaml = """
            recipe: adaboost
            data: breast-cancer
            boosting: {rounds: 7, learner: network}
            model: {layers: [{dense: 4}, tanh, {dense: classes}]}
            optimizer: {sgd: {rate: 0.1}}
            epochs: 3
            batch: 16
            diverged: skip
            """
        let settings = try #require(try Job(yaml: yaml, file: "job.yaml").recipe as? AdaBoostSettings)
        guard case .network(let fit, .skip) = settings.learner else { throw CancellationError() }
        #expect(settings.rounds == 7 && fit.epochs == 3 && fit.batch == 16 && fit.network.layers.count == 3)
        #expect(fit.optimizer == .sgd(rate: 0.1, momentum: 0))
        let canonical = try Job(yaml: yaml, file: "job.yaml").canonical.description
        #expect(canonical.contains(#""boosting":{"learner":"network","rounds":7}"#))
        #expect(canonical.contains(#""diverged":"skip""#))
    }

    @Test("says what does not belong in it")
    func mistakes() {
        let cases = [
            ("", "no mistake"),
            (
                "epochs: 3\n",
                """
                job.yaml:3:1: 'epochs' is for networks, but the learner is a stump. Remove it, or set boosting.learner to \
                network.
                """
            ),
            ("diverged: skip\n", "job.yaml:3:1: 'diverged' is for networks, but the learner is a stump."),
            (
                "boosting: {learner: network, features_per_task: 3}\n",
                "job.yaml:3:30: 'boosting.features_per_task' is for stumps, but the learner is a network. Remove it."
            ),
            (
                "boosting: {learner: stumps}\n",
                "job.yaml:3:21: 'boosting.learner' must be stump or network, but is 'stumps'. Did you mean 'stump'?"
            ),
            ("boosting: {rounds: 0}\n", "job.yaml:3:20: 'boosting.rounds' must be a whole number from 1 to 100000"),
            (
                "boosting: {learner: network}\nmodel: {layers: [{dense: 3}]}\n",
                "job.yaml:4:9: the last layer gives [3] for each example, but 'breast-cancer' has 2 classes."
            ),
        ]
        for (more, expected) in cases { #expect(message(more).hasPrefix(expected), "\(message(more))") }
    }

    @Test("counts rounds, and knows the part of the work that each task is")
    func progress() async throws {
        let job = try Job(
            yaml: "recipe: adaboost\ndata: breast-cancer\nboosting: {rounds: 4, features_per_task: 8}\n",
            file: "job.yaml"
        )
        let plan = try TrainingPlan(job)
        #expect(plan.start.unit == "rounds" && plan.start.total == 4)
        var last = plan.start
        let seen = Progress()
        _ = try await plan.train(on: InlineCluster()) { seen.note($0) }
        last = seen.last ?? last
        #expect(last.done == 4 && abs(last.share - 1) < 1e-9)
        #expect(last.tasks == 4 + 4 * 4, "30 features in four parts, put in order and then searched four times")
    }
}

/// The last progress that was reported.
private final class Progress: Sendable {
    private let seen = Mutex<TrainingProgress?>(nil)

    var last: TrainingProgress? { seen.withLock { $0 } }

    func note(_ progress: TrainingProgress) { seen.withLock { $0 = progress } }
}
