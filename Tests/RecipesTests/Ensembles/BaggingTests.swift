import Datasets
import Networks
import Optimizers
import Recipes
import Tasks
import Tensors
import Testing

/// A small bagging job: 10 members of 64-16-10 on a third of the digits, two epochs.
private func smallJob(_ change: (inout Bagging) -> Void = { _ in }) throws -> Bagging {
    let parts = try Dataset.digits.stratified(test: 0.7, seed: 3)
    let model = Sequential {
        Dense(16)
        ReLU()
        Dense(10)
    }
    let learner = Learner(model, optimizer: adam(rate: 0.01), epochs: 2, batch: 32)
    var bagging = try Bagging(learner, data: parts.training, members: 10, seed: 7)
    change(&bagging)
    return bagging
}

@Suite("Bagging")
struct BaggingTests {
    @Test("the ensemble's weights do not depend on how members are packed into tasks")
    func packing() async throws {
        let weights = try await smallJob().train(on: InlineCluster()).weights
        for count in [1, 3, 10] {
            let packed = try await smallJob { $0.membersPerTask = count }.train(on: InlineCluster())
            #expect(packed.weights == weights, "\(count) members per task")
        }
    }

    @Test("a fit cut into a chain of tasks gives the bits of the whole")
    func segments() async throws {
        let whole = try await smallJob { $0.learner.epochs = 5 }.train(on: InlineCluster())
        for length in [1, 2, 4] {
            let chained = try await smallJob {
                $0.learner.epochs = 5
                $0.epochsPerTask = length
            }.train(on: InlineCluster())
            #expect(chained.weights == whole.weights, "\(length) epochs per task")
            #expect(chained.outOfBag == whole.outOfBag)
        }
    }

    @Test("a member depends on the seed and its number only")
    func membersAreStable() async throws {
        let ten = try await smallJob().train(on: InlineCluster()).weights
        let four = try await smallJob { $0.members = 4 }.train(on: InlineCluster()).weights
        for (all, some) in zip(ten.values, four.values) { #expect(all.bytes.starts(with: some.bytes)) }
        let other = try await smallJob { $0.seed = 8 }.train(on: InlineCluster()).weights
        #expect(other != ten)
    }

    @Test("about (1 − 1/N)ᴺ of the members may vote on a row, so of ten members hardly any row has none")
    func outOfBagShare() async throws {
        let bagging = try smallJob()
        let ensemble = try await bagging.train(on: InlineCluster())
        let estimate = try #require(ensemble.outOfBag)
        // A row has no voter with probability 0.632¹⁰ = 1.0 %; five deviations of 537 rows above that is 3.2 %.
        #expect(estimate.rows >= Int(0.968 * Double(bagging.data.rowCount)))
        #expect(estimate.rows < bagging.data.rowCount + 1)
        #expect(estimate.accuracy > 0.5 && estimate.accuracy < 1)
    }

    @Test("members see exactly the share of the features that was asked for, each its own")
    func featureSubsets() async throws {
        let ensemble = try await smallJob { $0.features = 0.5 }.train(on: InlineCluster())
        let index = try #require(ensemble.weights.names.firstIndex(of: "features"))
        let masks = ensemble.weights.values[index].floats
        let rows = (0..<10).map { Array(masks[(64 * $0)..<(64 * ($0 + 1))]) }
        #expect(rows.allSatisfy { $0.reduce(0, +) == 32 && $0.allSatisfy { $0 == 0 || $0 == 1 } })
        #expect(Set(rows).count == 10)
    }

    @Test("an unseen feature does not change a member's say")
    func unseenFeatures() async throws {
        let ensemble = try await smallJob {
            $0.features = 0.5
            $0.members = 1
        }.train(on: InlineCluster())
        let index = try #require(ensemble.weights.names.firstIndex(of: "features"))
        let mask = ensemble.weights.values[index].floats
        let row = [Float](repeating: 0.5, count: 64)
        let changed = zip(row, mask).map { $1 == 0 ? $0 + 9 : $0 }
        let says = try ensemble.predict(TensorValue(row + changed, shape: [2, 64])).shares
        #expect(says[..<10] == says[10...])
    }

    @Test("settings out of range say so before anything runs")
    func mistakes() throws {
        let cases: [(String, (inout Bagging) -> Void)] = [
            ("'members' is 0, and must be a whole number from 1 to 1000000.", { $0.members = 0 }),
            ("'members per task' is 0, and must be a whole number from 1 to 4096.", { $0.membersPerTask = 0 }),
            ("'bootstrap' is 0.0, and must be more than 0 and at most 10.0.", { $0.bootstrap = 0 }),
            ("'features' is 1.5, and must be more than 0 and at most 1.0.", { $0.features = 1.5 }),
            (
                "The model's last layer gives [3] for each example, but [10] is needed, one number for each class: end "
                    + "with {dense: 10}.", { $0.learner.model = Sequential { Dense(3) } }
            ),
        ]
        for (text, change) in cases {
            let error = #expect(throws: RecipeError.self) {
                var bagging = try smallJob()
                change(&bagging)
                _ = try Bagging(
                    bagging.learner,
                    data: bagging.data,
                    members: bagging.members,
                    bootstrap: bagging.bootstrap,
                    features: bagging.features,
                    membersPerTask: bagging.membersPerTask
                )
            }
            #expect(error?.description == text)
        }
    }

    @Test("a rate that makes the weights overflow is reported with its role")
    func divergence() async throws {
        let bagging = try smallJob {
            $0.learner.optimizer = sgd(rate: 1e30)
            $0.members = 2
        }
        let error = await #expect(throws: RecipeError.self) { try await bagging.train(on: InlineCluster()) }
        #expect(error?.description.hasPrefix("Training diverged: after bootstraps 1 to 2 of 2, 'layers.") == true)
    }
}
