import Datasets
import Execution
import Networks
import Optimizers
import Tensors
import Testing

@testable import Recipes

@Suite("Learners")
struct LearnerTests {
    private static let model = Sequential {
        Dense(5)
        HyperbolicTangent()
        Dense(3)
    }

    /// The loss and the gradient of a network drawn from a seed, on some rows.
    private func loss(rows: [Float], labels: [Int32], weights: [Float]?, seed: UInt64) throws -> [TensorValue] {
        let (count, learner) = (labels.count, Learner(Self.model, optimizer: adam()))
        let program = try Program.trace([
            Port("x", TensorType(.f32, [count, 2])), Port("labels", TensorType(.i32, [count])),
            Port("weights", TensorType(.f32, [count])), Port("key", TensorType(.u32, [2])),
        ]) { inputs in
            let start = try learner.start(example: [2], key: Key(inputs[3])).network.parameters
            let examples = LabelledRows(x: inputs[0], labels: inputs[1], weights: weights == nil ? nil : inputs[2])
            let found = valueAndGradient(at: start) { learner.loss($0, on: examples) }
            return [(name: "loss", tensor: found.value)]
                + found.gradient.outputs
        }
        return try CompiledProgram(program).run([
            TensorValue(rows, shape: [count, 2]), TensorValue(labels),
            TensorValue(weights ?? [Float](repeating: 1, count: count)), RandomKey(seed: seed).value,
        ])
    }

    @Test("a loss with whole weights is that of as many copies of each row, and so is its gradient, over many seeds")
    func copies() throws {
        for seed in 0..<20 as Range<UInt64> {
            let key = RandomKey(seed: seed).child("rows")
            let rows = key.bits(16).map { Float($0 >> 20) / 1000 - 2 }
            let labels = key.child("labels").bits(8).map { Int32($0 % 3) }
            let weights = key.child("weights").bits(8).map { Int($0 % 4) }
            let total = max(1, weights.reduce(0, +))
            guard weights.contains(where: { $0 > 0 }) else { continue }
            let scaled = weights.map { Float($0) * 8 / Float(total) }  // 1 on the average
            let copied = weights.indices.flatMap { [Int](repeating: $0, count: weights[$0]) }
            let weighted = try loss(rows: rows, labels: labels, weights: scaled, seed: seed)
            let duplicated = try loss(
                rows: copied.flatMap { [rows[2 * $0], rows[2 * $0 + 1]] },
                labels: copied.map { labels[$0] },
                weights: nil,
                seed: seed
            )
            for (a, b) in zip(weighted, duplicated) {
                for (a, b) in zip(a.floats, b.floats) {
                    // Sums of up to 24 numbers around 1 in another order: a few roundings of 6e-8.
                    #expect(abs(a - b) < 1e-6, "seed \(seed)")
                }
            }
        }
    }

    @Test("weights of 1 change the loss by roundings at most")
    func equalWeights() throws {
        let rows: [Float] = [0.5, -1, 2, 0.25, -0.75, 1]
        let plain = try loss(rows: rows, labels: [0, 2, 1], weights: nil, seed: 3)
        let weighted = try loss(rows: rows, labels: [0, 2, 1], weights: [1, 1, 1], seed: 3)
        for (a, b) in zip(plain, weighted) {
            for (a, b) in zip(a.floats, b.floats) { #expect(abs(a - b) < 1e-7) }
        }
    }

    /// The divergence that a fit of five rows notes: three steps to an epoch.
    private func divergence(_ optimizer: any GradientTransform, epochs: Int, from first: Int32 = 0) throws -> Int32 {
        let learner = Learner(Sequential { Dense(2) }, optimizer: optimizer, epochs: epochs, batch: 2)
        let segment = FitSegment(epochs: epochs, isFirst: true, isLast: true)
        let program = try Program.trace([
            Port("x", TensorType(.f32, [5, 1])), Port("key", TensorType(.u32, [2])),
            Port("first", TensorType(.i32, [])),
        ]) { inputs in
            let key = Key(inputs[1])
            let labels = inputs[0].constant([0, 1, 0, 1, 1] as [Int32], shape: [5])
            let start = try learner.start(example: [1], key: key)
            let trained = learner.fit(start, segment, from: inputs[2], rows: 5, key: key) { chosen in
                LabelledRows(x: inputs[0].rows(at: chosen), labels: labels.rows(at: chosen))
            }
            return ["divergence": trained.divergence]
        }
        let x = TensorValue([1, -1, 2, -2, 0.5] as [Float], shape: [5, 1])
        let inputs = [x, RandomKey(seed: 1).value, TensorValue(scalar: first)]
        return try CompiledProgram(program).run(inputs)[0].elements(as: Int32.self)[0]
    }

    @Test("the first step whose loss is not finite is noted, counted over all epochs, and otherwise none")
    func divergence() throws {
        #expect(try divergence(sgd(rate: 0.1), epochs: 4) == -1)
        for step in 0..<11 { #expect(try divergence(Poison(step: step), epochs: 4) == Int32(step + 1)) }
        #expect(try divergence(Poison(step: 4), epochs: 2, from: 10) == 35)
    }

    @Test("weights that the last step leaves infinite or NaN count as its divergence, as no later loss tells")
    func lastStep() throws {
        #expect(try divergence(Poison(step: 11), epochs: 4) == 11)
        #expect(try divergence(Poison(step: 12), epochs: 4) == -1)
    }

    @Test("with nothing to learn is refused by every recipe before a task runs")
    func weightless() throws {
        let x = TensorValue((0..<8).map { Float($0 % 3) }, shape: [4, 2])
        let data = try Dataset(
            name: "table",
            features: x,
            featureNames: ["a", "b"],
            labels: .classes(ClassLabels([0, 1, 0, 1], names: ["no", "yes"]))
        )
        let learner = Learner(Sequential { ReLU() }, optimizer: adam())
        let expected = RecipeError.setting(
            name: "model",
            found: "without weights",
            allowed: "layers with something to learn"
        )
        #expect(throws: expected) { try Bagging(learner, data: data) }
        #expect(throws: expected) { try AdaBoost(.network(learner), data: data) }
        #expect(throws: expected) {
            try MAML(Sequential { ReLU() }, tasks: Sinusoids(shots: 2, queries: 2), iterations: 1)
        }
    }
}
