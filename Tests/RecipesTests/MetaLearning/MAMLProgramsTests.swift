import Datasets
import Execution
import Networks
import Tasks
import Tensors
import Testing

@testable import Recipes

@Suite("The programs of MAML")
struct MAMLProgramsTests {
    /// The programs of a job, and what they are run on.
    private struct Bench {
        let job: MAML
        let programs: MAMLPrograms

        /// - Throws: what tracing throws.
        init(tasksPerShard: Int = 3, _ change: (inout MAML) throws -> Void = { _ in }) throws {
            job = try .small {
                $0.tasksPerShard = tasksPerShard
                $0.batch = tasksPerShard
                try change(&$0)
            }
            programs = try MAMLPrograms(job)
        }

        /// Fresh parameters, the inner rate, the keys of some tasks, and the tables.
        func inputs(_ tasks: Range<Int>, at parameters: TensorValue? = nil) throws -> [TensorValue] {
            let root = RandomKey(seed: 3).child("maml")
            let network = try programs.network.start(root.child("weights"), on: LocalExecutor())
            let head = [
                parameters ?? programs.network.parameters(of: network),
                TensorValue(scalar: Float(job.inner.rate)),
                root.child("meta-training").children(tasks),
            ]
            return head + job.tasks.tables.map(\.value)
        }

        func shard(
            _ tasks: Range<Int>,
            at parameters: TensorValue? = nil
        ) throws -> (gradient: [Float], losses: [Float], isFinite: Bool) {
            let program = try programs.shard(tasks: tasks.count)
            let outputs = try CompiledProgram(program).run(inputs(tasks, at: parameters))
            return (outputs[0].floats, outputs[1].floats, outputs[2].elements() == [1 as Int32])
        }

        func diagnosis(
            _ tasks: Range<Int>,
            at parameters: TensorValue? = nil
        ) throws -> (gradient: [Float], losses: [Float], divergence: [Int32]) {
            let program = try programs.diagnosis(tasks: tasks.count)
            let outputs = try CompiledProgram(program).run(inputs(tasks, at: parameters))
            return (outputs[0].floats, outputs[1].floats, outputs[2].elements())
        }

        /// A program in double precision.
        func reference(_ program: Program, _ tasks: Range<Int>) throws -> [[Double]] {
            try ReferenceInterpreter().run(program, on: inputs(tasks).map { ReferenceTensor($0) }).map(\.doubles)
        }
    }

    /// The sum of vectors in the order in which a program sums over its first axis.
    private func sum(_ vectors: [[Float]]) throws -> [Float] {
        let shape = Shape([vectors.count, vectors[0].count])
        let program = try Program.trace([Port("g", TensorType(.f32, shape))]) { ["sum": $0[0].sum(over: [0])] }
        return try CompiledProgram(program).run([TensorValue(vectors.flatMap { $0 }, shape: shape)])[0].floats
    }

    @Test("the gradient of a shard is the sum of those of its tasks", arguments: InnerLoop.Order.allCases, [1, 3])
    func shard(order: InnerLoop.Order, steps: Int) throws {
        let bench = try Bench(tasksPerShard: 5) { $0.inner = InnerLoop(rate: 0.02, steps: steps, order: order) }
        let whole = try bench.reference(bench.programs.shard(tasks: 5), 0..<5)
        let single = try bench.programs.diagnosis(tasks: 1)
        let parts = try (0..<5).map { try bench.reference(single, $0..<($0 + 1)) }
        #expect(whole[2] == [1])
        let size = whole[0].map(abs).max() ?? 0
        #expect(size > 0.1)
        for (index, found) in whole[0].enumerated() {
            let expected = parts.map { $0[0][index] }.reduce(0, +)
            // Some dozens of roundings of 10⁻¹⁶.
            #expect(abs(found - expected) < 1e-13 * size)
        }
        #expect(zip(whole[1], parts.flatMap { $0[1] }).allSatisfy { abs($0 - $1) < 1e-13 * $1 })
        let native = try bench.shard(0..<5)
        // Measured: 2 · 10⁻⁷ of the largest.
        #expect(zip(native.gradient, whole[0]).allSatisfy { abs(Double($0) - $1) < 1e-5 * size })
        #expect(zip(native.losses, whole[1]).allSatisfy { abs(Double($0) - $1) < 1e-5 * $1 })
        #expect(native.isFinite)
    }

    @Test("many tasks are diagnosed as one by one, and summed in the program's order")
    func packing() throws {
        for (count, order) in [(5, InnerLoop.Order.second), (12, .second), (5, .first)] {
            let bench = try Bench { $0.inner = InnerLoop(rate: 0.02, steps: 2, order: order) }
            let packed = try bench.diagnosis(0..<count)
            let single = try (0..<count).map { try bench.diagnosis($0..<($0 + 1)) }
            #expect(try sum(single.map(\.gradient)) == packed.gradient, "\(count) tasks, \(order)")
            #expect(packed.losses == single.flatMap(\.losses))
            #expect(packed.divergence == [Int32](repeating: -1, count: count))
        }
    }

    @Test("what diverges is seen by the shard, named by the diagnosis, and leaves no trace in its gradient")
    func divergence() throws {
        let calm = try Bench(tasksPerShard: 7) { $0.inner.steps = 2 }
        let all = try (0..<7).map { try calm.diagnosis($0..<($0 + 1)).gradient }
        for high in [[0], [3], [6], [0, 3, 6], Array(0..<7)] {
            let steep = try Bench(tasksPerShard: 7) {
                $0.inner.steps = 2
                $0.tasks = try Steep(high)
            }
            #expect(try !steep.shard(0..<7).isFinite)
            #expect(try steep.shard(7..<14).isFinite, "the high ones are elsewhere")
            let found = try steep.diagnosis(0..<7)
            #expect(found.divergence == (0..<7).map { high.contains($0) ? 0 : -1 })
            let kept = all.enumerated().map { high.contains($0) ? [Float](repeating: 0, count: $1.count) : $1 }
            #expect(try found.gradient == sum(kept), "\(high)")
        }
    }

    @Test("a gradient that overflows while all losses are finite is seen")
    func gradientAlone() throws {
        let bench = try Bench {
            $0.model = Sequential {
                Dense(1)
                ReLU()
                Dense(1)
            }
            $0.tasks = Wide()
        }
        // x passes the first layer as it is, and the second one answers 0.
        let parameters = TensorValue(
            bench.programs.network.parameters.ports.map { $0.name == "layers.0.weight" ? 1 as Float : 0 }
        )
        let found = try bench.shard(0..<3, at: parameters)
        #expect(found.losses.allSatisfy { $0.isFinite && $0 > 0 } && !found.isFinite)
        #expect(try bench.diagnosis(0..<3, at: parameters).divergence == [1, 1, 1], "after the only step")
        #expect(try bench.diagnosis(0..<3, at: parameters).gradient == [0, 0, 0, 0])
    }
}

/// A point to adapt to at 1, and one to measure on so far away that not the error's square but its gradient overflows.
private struct Wide: EpisodeSource {
    var name: String { "wide" }
    var kind: EpisodeKind { .regression(outputs: 1) }
    var featureNames: [String] { ["x"] }
    var rows: (support: Int, query: Int) { (1, 1) }
    var tables: [(name: String, value: TensorValue)] { [] }

    func episode(_ key: Key, from tables: [Tensor]) -> Episode {
        let noise = key["noise"].uniform([1, 1])
        return Episode(
            support: Examples(x: noise * 0.1 + 1, y: noise * 0.1 + 1),
            query: Examples(x: noise * 1e19 + 1e20, y: noise * 1e18 + 1e19)
        )
    }
}
