@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Random programs")
struct RandomProgramTests {
    /// The program with its results only, on numbers at which nothing is near a tie; nil where something is.
    private func example(_ seed: UInt64, length: Int = 14) throws -> (RandomFunction, [TensorValue])? {
        let function = RandomFunction(seed: seed, length: length)
        var random = Seeded(seed ^ 0xDA7A)
        let inputs = function.values(&random)
        let gaps = try Program.of(function.inputs) { function($0).gaps }
        let distances = try ReferenceInterpreter().run(gaps, inputs).flatMap(\.doubles)
        return distances.allSatisfy { $0 > 1e-3 } ? (function, inputs) : nil
    }

    @Test("give natively what the reference gives")
    func values() throws {
        var count = 0
        for seed in 0..<400 as Range<UInt64> {
            guard let (function, inputs) = try example(seed, length: 20) else { continue }
            count += 1
            let program = try Program.of(function.inputs) { function($0).results }
            let found = try CompiledProgram(program).run(inputs)
            for (f, e) in zip(found, try ReferenceInterpreter().run(program, inputs)) {
                // Up to 100 roundings of 6e-8 each, relative to numbers on the way that may exceed the result.
                let scale = 1 + (e.doubles.map(\.magnitude).max() ?? 0)
                let wrong = disagreement(f, e, .absolute(1e-5 * scale), magnitude: e)
                #expect(wrong == nil, "seed \(seed): \(wrong ?? "")")
            }
        }
        #expect(count > 100, "only \(count) programs were away from ties")
    }

    @Test("of many element-wise nodes over many blocks give natively what the reference gives")
    func longChains() throws {
        for seed in 0..<10 as Range<UInt64> {
            var random = Seeded(seed)
            let count = random.integer(500...1600)
            let types = [TensorType(.f32, [count]), TensorType(.f32, [1]), TensorType(.f32, [])]
            let program = try Program.of(types) { inputs in
                var pool = [inputs[0], inputs[1].broadcast(to: [count]), inputs[2].broadcast(to: [count])]
                for _ in 0..<200 {
                    let (a, b, c) = (random.pick(pool.suffix(40)), random.pick(pool.suffix(40)), random.pick(pool))
                    switch random.integer(0...3) {
                    case 0: pool.append((a + b * 0.5).tanh())
                    case 1: pool.append(fma(a, c, b.sine()))
                    case 2: pool.append((a - b).logistic() - 0.5)
                    default: pool.append(a.cosine() * (c.sum() / Double(count)).broadcast(to: [count]))
                    }
                    pool[pool.count - 1] = pool[pool.count - 1] * 0.7
                }
                return (0..<12).map { _ in random.pick(pool) } + [pool[pool.count - 1]]
            }
            let inputs = types.map { random.value($0) }
            for (f, e) in zip(try CompiledProgram(program).run(inputs), try ReferenceInterpreter().run(program, inputs))
            {
                // 200 steps that shrink what they get: errors do not add up beyond a few dozen roundings.
                let wrong = disagreement(f, e, .absolute(1e-5), magnitude: e)
                #expect(wrong == nil, "seed \(seed): \(wrong ?? "")")
            }
        }
    }

    @Test("have the gradients that differences of the reference show, to second order")
    func gradients() throws {
        var count = 0
        for seed in 0..<60 as Range<UInt64> {
            guard let (function, inputs) = try example(seed, length: 10) else { continue }
            count += 1
            try expectGradients(at: inputs, seed: seed, nativeTolerance: 1e-4) { function($0).results }
        }
        #expect(count > 15, "only \(count) programs were away from ties")
    }

    @Test("move as differences show, in all mixes of forward and reverse mode")
    func tangents() throws {
        var count = 0
        for seed in 100..<170 as Range<UInt64> {
            guard let (function, inputs) = try example(seed, length: 10) else { continue }
            count += 1
            try expectTangents(at: inputs, seed: seed, nativeTolerance: 1e-4) { function($0).results }
        }
        #expect(count > 15, "only \(count) programs were away from ties")
    }

    @Test("run in lanes as they run alone, bit for bit")
    func lanes() throws {
        for seed in 0..<150 as Range<UInt64> {
            let function = RandomFunction(seed: seed)
            try expectSameInLanes(function.inputs, seed: seed) { function($0).results }
        }
    }

    @Test("run in lanes of lanes as in one loop of lanes, bit for bit")
    func nestedLanes() throws {
        for seed in 0..<60 as Range<UInt64> {
            let function = RandomFunction(seed: seed)
            var random = Seeded(seed)
            // The last input, the indices, and perhaps others, are shared by the inner lanes.
            let isInner = function.inputs.indices.map { $0 == 0 || ($0 < function.inputs.count - 1 && random.oneIn(2)) }
            let types = zip(function.inputs, isInner).map { type, has in
                has ? TensorType(type.element, Shape([3] + type.shape.sizes)) : type
            }
            try expectSameInLanes(types, seed: seed) { inputs in
                vmap(inputs.indices.filter { isInner[$0] }.map { inputs[$0] }) { own in
                    var rest = own.makeIterator()
                    return function(inputs.indices.map { isInner[$0] ? rest.next() ?? inputs[$0] : inputs[$0] }).results
                }
            }
        }
    }

    @Test("have gradients that run in lanes as they run alone, bit for bit")
    func lanesOfGradients() throws {
        for seed in 0..<60 as Range<UInt64> {
            let function = RandomFunction(seed: seed, length: 8)
            try expectSameInLanes(function.inputs, seed: seed) { inputs in
                gradient(at: inputs) { inputs in
                    function(inputs).results.reduce(inputs[0].scalar(0)) { $0 + $1.sum() }
                }
            }
        }
    }

    @Test("have tangents that run in lanes as they run alone, bit for bit, and lanes that move as each moves alone")
    func lanesOfTangents() throws {
        for seed in 0..<60 as Range<UInt64> {
            let function = RandomFunction(seed: seed, length: 8)
            try expectSameInLanes(function.inputs + function.inputs, seed: seed) { given in
                let (inputs, along) = (Array(given.prefix(given.count / 2)), Array(given.suffix(given.count / 2)))
                let pushed = jvp(at: inputs, along: along) { function($0).results }
                return pushed.value + pushed.tangent
            }
        }
    }

    @Test("give the same bits again, whatever ran in between")
    func again() throws {
        for seed in 0..<100 as Range<UInt64> {
            let function = RandomFunction(seed: seed)
            let program = try CompiledProgram(Program.of(function.inputs) { function($0).results })
            var random = Seeded(seed)
            let inputs = function.values(&random)
            let first = try program.run(inputs)
            _ = try program.run(function.values(&random))
            #expect(try program.run(inputs) == first, "seed \(seed)")
            #expect(try CompiledProgram(program.program).run(inputs) == first, "seed \(seed), compiled again")
            // What travels is the same program.
            #expect(try CompiledProgram(Program(program.program.flat)).run(inputs) == first, "seed \(seed), flat")
        }
    }
}
