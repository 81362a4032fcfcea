@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Fusion")
struct FusionTests {
    /// Whatever two operations become one, in both element types.
    private static let pairs: [(name: String, pair: @Sendable (Tensor, Tensor, Tensor) -> Tensor)] = [
        ("a b + c", { a, b, c in a * b + c }), ("c + a b", { a, b, c in c + a * b }),
        ("a b - c", { a, b, c in a * b - c }), ("c - a b", { a, b, c in c - a * b }),
        ("(a b) c", { a, b, c in (a * b) * c }), ("c (a b)", { a, b, c in c * (a * b) }),
        ("(a + b) c", { a, b, c in (a + b) * c }), ("(a - b) c", { a, b, c in (a - b) * c }),
        ("(-a) b", { a, b, _ in (-a) * b }), ("c / (a + b)", { a, b, c in c / (a + b) }),
        ("√(a b)", { a, b, _ in (a * b).squareRoot() }), ("b where a ≤ b", { a, b, _ in select(a .<= b, b, a) }),
    ]

    /// The program without passes, which would write some of these otherwise.
    private func program(_ types: [TensorType], _ body: ([Tensor]) -> [Tensor]) throws -> Program {
        try Function.untouched(types, body).program()
    }

    @Test("of two operations rounds each of them, whatever the bits", arguments: pairs.indices)
    func roundings(_ index: Int) throws {
        let pair = Self.pairs[index]
        for element in [ElementType.f32, .f64] {
            let types = [TensorType](repeating: TensorType(element, [1500]), count: 3)
            // Once the chain only, and once with what passes between the two written, which keeps them apart.
            let program = try program(types) { [pair.pair($0[0], $0[1], $0[2])] }
            for seed in 0..<8 as Range<UInt64> {
                var random = Seeded(seed)
                let inputs = types.map { random.value($0, random.oneIn(2) ? .any : .plain) }
                let apart = CompilerOptions.all.subtracting(.operationPairs)
                let found = try CompiledProgram(program).run(inputs)
                #expect(try CompiledProgram(program, options: apart).run(inputs) == found, "\(pair.name), \(element)")
            }
        }
    }

    @Test("makes two operations one where nobody else reads what passes between them", arguments: pairs.indices)
    func counts(_ index: Int) throws {
        let types = [TensorType](repeating: TensorType(.f32, [700]), count: 3)
        let pair = Self.pairs[index].pair
        let program = try program(types) { [pair($0[0], $0[1], $0[2])] }
        let apart = CompilerOptions.all.subtracting(.operationPairs)
        #expect(try blocks(CompiledProgram(program)).map(\.instructionCount) == [1])
        #expect(try blocks(CompiledProgram(program, options: apart)).map(\.instructionCount) == [2])
    }

    @Test("leaves two operations where the first one's result is read again")
    func sharedBetween() throws {
        let types = [TensorType](repeating: TensorType(.f32, [700]), count: 3)
        let program = try program(types) { inputs in
            let product = inputs[0] * inputs[1]
            return [product + inputs[2], product - inputs[2]]
        }
        #expect(try blocks(CompiledProgram(program)).map(\.instructionCount) == [3])
    }

    @Test("takes small groups from the block in which they are computed, and sums each as alone")
    func reductions() throws {
        for (shape, axes, isFused) in [
            ([300, 10] as Shape, [1], true), ([25, 10, 40], [1], true), ([7, 5, 3], [1, 2], true),
            ([2, 513], [1], false),
            ([64, 40], [0], false), ([3, 5, 4], [0, 2], false), ([6, 1], [1], false), ([0, 4], [1], false),
        ] {
            for seed in 0..<6 as Range<UInt64> {
                var random = Seeded(seed)
                let element = random.pick([ElementType.f32, .f64, .i32])
                let types = [TensorType](repeating: TensorType(element, shape), count: 2)
                let isWritten = random.oneIn(2)
                let program = try program(types) { inputs in
                    let product = inputs[0] * inputs[1]
                    return [product.sum(over: axes), product.maximum(over: axes)] + (isWritten ? [product] : [])
                }
                let inputs = types.map { random.value($0, random.oneIn(2) ? .any : .plain) }
                let apart = CompilerOptions.all.subtracting(.reductionFusion)
                let (together, alone) = (try CompiledProgram(program), try CompiledProgram(program, options: apart))
                #expect(try together.run(inputs) == alone.run(inputs), "\(shape), \(axes), seed \(seed)")
                guard shape.count > 0 else { continue }
                #expect((together.plan.steps.count == 1) == isFused, "\(shape), \(axes)")
                // What is reduced then lies in no memory.
                if isFused && !isWritten { #expect(together.plan.arenaByteCount < alone.plan.arenaByteCount) }
            }
        }
    }

    @Test("runs what depends on a reduction after it, also in its shape")
    func afterReductions() throws {
        let type = TensorType(.f32, [90, 6])
        let program = try program([type]) { inputs in
            let powers = inputs[0].exponential()
            let share = powers / powers.sum(over: [1]).broadcast(to: type.shape, axes: [0])
            return [share, share.sum(over: [1]).reshaped([90, 1]) * 2]
        }
        var random = Seeded(1)
        let input = random.value(type)
        let found = try CompiledProgram(program).run([input])
        #expect(found == (try CompiledProgram(program, options: []).run([input])))
        // A sum of six shares that each were rounded.
        #expect(found[1].floats.allSatisfy { abs($0 - 2) < 2e-6 })
    }

    @Test("lets updates live in one place")
    func inPlace() throws {
        let type = TensorType(.f32, [1000])
        let program = try program([type]) { inputs in
            // Sums cannot be written where they come from, but what follows can.
            [(inputs[0].cumulativeSum(axis: 0) * 0.5).tanh()]
        }
        let apart = CompilerOptions.all.subtracting(.updatesInPlace)
        let (together, alone) = (try CompiledProgram(program), try CompiledProgram(program, options: apart))
        #expect(together.plan.arenaByteCount == Arena.aligned(4 * 1000))
        #expect(alone.plan.arenaByteCount == 2 * Arena.aligned(4 * 1000))
        let input = TensorValue((0..<1000).map { Float($0) / 1000 })
        #expect(try together.run([input]) == alone.run([input]))
    }

    /// Steps of loops that read what they hand on in every order; whether each of the two carries is updated in place.
    private static let loops: [(name: String, updates: Int, step: @Sendable (Tensor, Tensor) -> ([Tensor], Tensor))] = [
        ("one of them an output, too", 1, { a, b in ([a * 0.5 + 1, b.tanh()], a) }),
        ("both moved alone", 2, { a, b in ([a * 0.5 + 1, b.tanh()], a.scalar(2)) }),
        ("changing places", 0, { a, b in ([b, a], a + b) }),
        ("as Fibonacci", 0, { a, b in ([a + b, a], a) }),
        ("read again after an update", 0, { a, b in ([a + 1, a * b - b], b) }),
        ("read again by a product", 0, { a, b in ([a * 0.9, matmul(a, b)], a.sum()) }),
        ("read by a product only", 0, { a, b in ([matmul(a, b), b * 0.9], b) }),
        (
            "both the same", 2,
            { a, b in
                let next = (a + b) * 0.5
                return ([next, next], next)
            }
        ),
        (
            "read as repetition", 1,
            { a, b in
                ([a - a.sliced(axis: 0, 0..<1).reshaped([4]).broadcast(to: [4, 4], axes: [1]), b * 0.25], a)
            }
        ),
        ("read transposed", 1, { a, b in ([a.transposed() + a * 0.5, b + 1], b) }),
        (
            "normalised by its own sum", 1,
            { a, b in
                ([a / (1 + a.sum(over: [1]).broadcast(to: [4, 4], axes: [0])), b * 2], b.maximum(over: [1]))
            }
        ),
    ]

    @Test("lets a loop's carry be updated in place where nobody reads it after that", arguments: loops.indices)
    func carries(_ index: Int) throws {
        let loop = Self.loops[index]
        let types = [TensorType](repeating: TensorType(.f32, [4, 4]), count: 2)
        let program = try program(types) { inputs in
            let results = scan(inputs, count: 5) { carry, _ in loop.step(carry[0], carry[1]) }
            return results.carry + [results.outputs]
        }
        let compiled = try CompiledProgram(program)
        let step = compiled.plan.steps.lazy.compactMap { $0 as? LoopStep }.first
        #expect(step?.carries.count { $0.turns == nil } == loop.updates, "\(loop.name)")
        for seed in 0..<10 as Range<UInt64> {
            var random = Seeded(seed)
            let inputs = types.map { random.value($0) }
            #expect(try compiled.run(inputs) == CompiledProgram(program, options: []).run(inputs), "\(loop.name)")
            for (f, e) in zip(try compiled.run(inputs), try ReferenceInterpreter().run(program, inputs)) {
                // Five steps that may double what they get.
                #expect(disagreement(f, e, .absolute(1e-3), magnitude: e) == nil, "\(loop.name)")
            }
        }
    }

    private func blocks(_ compiled: CompiledProgram) -> [BlockStep] {
        compiled.plan.steps.compactMap { $0 as? BlockStep }
    }
}
