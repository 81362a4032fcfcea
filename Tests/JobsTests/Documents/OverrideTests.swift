import Recipes
import Testing

@testable import Jobs

@Suite("--set")
struct OverrideTests {
    private func job(_ more: String, _ overrides: String...) throws -> Job {
        try Job(
            yaml: "recipe: bagging\ndata: digits\n" + more,
            file: "job.yaml",
            overrides: try overrides.map { try Override($0) }
        )
    }

    private func bagging(_ more: String, _ overrides: String...) throws -> BaggingSettings {
        let job = try Job(
            yaml: "recipe: bagging\ndata: digits\n" + more,
            file: "job.yaml",
            overrides: try overrides.map { try Override($0) }
        )
        return try #require(job.recipe as? BaggingSettings)
    }

    @Test("replaces what the file says, and the last one wins")
    func replaces() throws {
        #expect(try bagging("epochs: 3", "epochs=4", "epochs=5").fit.epochs == 5)
        #expect(try bagging("ensemble: {members: 9, vote: hard}", "ensemble.members=8").members == 8)
        #expect(try bagging("ensemble: {members: 9, vote: hard}", "ensemble.members=8").vote == .hard)
        #expect(try job("", "seed=9").seed == 9)
    }

    @Test("adds what the file does not say")
    func adds() throws {
        #expect(try bagging("", "ensemble.members=8").members == 8)
        #expect(try bagging("ensemble:\n", "ensemble.members=8").members == 8)
    }

    @Test("opens a bare choice")
    func opens() throws {
        let expected = OptimizerSetting.adam(rate: 0.01, mean: 0.9, square: 0.999, epsilon: 1e-8)
        for file in ["", "optimizer: adam", "optimizer: {adam: {rate: 1}}", "optimizer: {adam: }"] {
            #expect(try bagging(file, "optimizer.adam.rate=0.01").fit.optimizer == expected, "\(file)")
        }
    }

    @Test("reaches into lists and takes lists and mappings")
    func lists() throws {
        let file = "model: {layers: [{dense: 64}, relu, {dense: 10}]}"
        let relu = LayerSetting.named("relu")
        #expect(
            try bagging(file, "model.layers.0.dense=128").fit.network.layers == [.dense(128), relu, .dense(10)]
        )
        #expect(try bagging(file, "model.layers.0=tanh").fit.network.layers.first == .named("tanh"))
        #expect(try bagging(file, "model.layers=[{dense: 3}]").fit.network.layers == [.dense(3)])
        #expect(try bagging(file, "optimizer={sgd: {rate: 1}}").fit.optimizer == .sgd(rate: 1, momentum: 0))
    }

    @Test("with null takes the default")
    func empty() throws {
        #expect(try bagging("epochs: 3", "epochs=null").fit.epochs == 20)
    }
}
