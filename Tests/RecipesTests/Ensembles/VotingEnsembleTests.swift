import Datasets
import Networks
import Recipes
import Tensors
import Testing

@Suite("Voting ensemble")
struct VotingEnsembleTests {
    /// Members whose logits are their biases, whatever the features.
    private func ensemble(logits: [[Float]], vote: Vote) throws -> VotingEnsemble {
        let classes = logits[0].count
        return try VotingEnsemble(
            model: Sequential { Dense(classes) },
            classes: (0..<classes).map { "class \($0)" },
            featureNames: ["a"],
            vote: vote,
            weights: StackedWeights(
                names: ["layers.0.weight", "layers.0.bias"],
                values: [
                    TensorValue(
                        [Float](repeating: 0, count: logits.count * classes),
                        shape: [logits.count, 1, classes]
                    ),
                    TensorValue(logits.flatMap { $0 }, shape: [logits.count, classes]),
                ]
            )
        )
    }

    private let row = TensorValue([0] as [Float], shape: [1, 1])

    @Test("a soft vote is the mean of the probabilities")
    func soft() throws {
        // Probabilities 0.9/0.1 once and 0.4/0.6 twice: the mean 0.5667 is for class 0, the majority for class 1.
        let odds: [[Float]] = [[2.1972246, 0], [0, 0.4054651], [0, 0.4054651]]
        let prediction = try ensemble(logits: odds, vote: .soft).predict(row)
        #expect(prediction.classes == [0])
        #expect(abs(prediction.shares[0] - 1.7 / 3) < 1e-6)
        #expect(prediction.memberClasses == [0, 1, 1])
    }

    @Test("a hard vote is the majority, and among equals the first class wins")
    func hard() throws {
        let odds: [[Float]] = [[2.1972246, 0], [0, 0.4054651], [0, 0.4054651]]
        #expect(try ensemble(logits: odds, vote: .hard).predict(row).classes == [1])
        let tie: [[Float]] = [[0, 0, 5], [0, 5, 0]]
        let prediction = try ensemble(logits: tie, vote: .hard).predict(row)
        #expect(prediction.classes == [1])
        #expect(prediction.shares == [0, 0.5, 0.5])
    }

    @Test("rows are predicted alike alone and in blocks")
    func blocks() throws {
        let member: [Float] = [0.3, -0.2]
        let ensemble = try VotingEnsemble(
            model: Sequential { Dense(2) },
            classes: ["no", "yes"],
            featureNames: ["a"],
            vote: .soft,
            weights: StackedWeights(
                names: ["layers.0.weight", "layers.0.bias"],
                values: [TensorValue([1, -1] as [Float], shape: [1, 1, 2]), TensorValue(member, shape: [1, 2])]
            )
        )
        let numbers = (0..<2500).map { Float($0) / 1000 - 1 }
        let all = try ensemble.predict(TensorValue(numbers, shape: [2500, 1]))
        for index in stride(from: 0, to: 2500, by: 611) {
            let one = try ensemble.predict(TensorValue([numbers[index]], shape: [1, 1]))
            #expect(one.shares == Array(all.shares[(2 * index)..<(2 * index + 2)]))
        }
        #expect(all.accuracy(labels: all.classes) == 1)
        #expect(all.memberAccuracies(labels: all.classes) == [1])
    }

    @Test("the squared error of the mean is the members' mean error less their ambiguity, over many seeds")
    func ambiguity() throws {
        // Krogh and Vedelsby 1995: an identity that any averaging must keep.
        for seed in 0..<20 as Range<UInt64> {
            let logits = (0..<5).map { member in
                RandomKey(seed: seed).child(member).bits(3).map { Float($0 >> 20) / 1000 - 2 }
            }
            let shares = try ensemble(logits: logits, vote: .soft).predict(row).shares.map(Double.init)
            let members = try logits.map {
                try ensemble(logits: [$0], vote: .soft).predict(row).shares.map(Double.init)
            }
            let target = [1.0, 0, 0]
            for index in 0..<3 {
                let error = (shares[index] - target[index]) * (shares[index] - target[index])
                let mean = members.map { ($0[index] - target[index]) * ($0[index] - target[index]) }.reduce(0, +) / 5
                let spread = members.map { ($0[index] - shares[index]) * ($0[index] - shares[index]) }.reduce(0, +) / 5
                #expect(abs(error - (mean - spread)) < 1e-6, "seed \(seed)")
            }
        }
    }

    @Test("data of another width is refused")
    func width() throws {
        let ensemble = try ensemble(logits: [[0, 1]], vote: .soft)
        let error = #expect(throws: RecipeError.self) {
            try ensemble.predict(TensorValue([1, 2] as [Float], shape: [1, 2]))
        }
        #expect(error == .featureCount(found: 2, needed: 1))
    }

    @Test("weights of another model are refused")
    func foreignWeights() {
        #expect(throws: RecipeError.self) {
            try VotingEnsemble(
                model: Sequential { Dense(3) },
                classes: ["a", "b", "c"],
                featureNames: ["x"],
                vote: .soft,
                weights: StackedWeights(
                    names: ["layers.0.weight"],
                    values: [TensorValue([1, 2, 3] as [Float], shape: [1, 1, 3])]
                )
            )
        }
    }
}
