@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Identities")
struct IdentityTests {
    /// A rewriting that is promised: what is written, and how many nodes are there before and after.
    struct Row: Sendable, CustomStringConvertible {
        let name: String
        let passes: Passes
        let nodes: (before: Int, after: Int)
        let body: @Sendable ([Tensor]) -> Tensor

        var description: String { name }

        init(
            _ name: String,
            _ passes: Passes,
            _ before: Int,
            _ after: Int,
            _ body: @escaping @Sendable ([Tensor]) -> Tensor
        ) {
            self.name = name
            self.passes = passes.union(.deadCode)
            nodes = (before, after)
            self.body = body
        }
    }

    private static let exact = Passes.exactIdentities
    private static let algebra: Passes = [.algebraicIdentities, .commonSubexpressions, .constantFolding]
    private static let moves = Passes.dataMovement

    /// x, y: `f32[n, n]`; s, t: `f32[]`; every number that is special meets every other.
    static let rows: [Row] = [
        Row("x · 1", exact, 3, 0) { $0[0] * 1 },
        Row("1 · x", exact, 3, 0) { 1 * $0[0] },
        Row("x · −1", exact, 3, 1) { $0[0] * -1 },
        Row("(−x) · 3", exact, 4, 3) { -$0[0] * 3 },
        Row("(−x)(−y)", exact, 3, 1) { -$0[0] * -$0[1] },
        Row("x / 1", exact, 3, 0) { $0[0] / 1 },
        Row("x / 8", exact, 3, 3) { $0[0] / 8 },
        Row("x + −0", exact, 3, 0) { $0[0] + -0.0 },
        Row("x − 0", exact, 3, 0) { $0[0] - 0 },
        Row("x + (−y)", exact, 2, 1) { $0[0] + -$0[1] },
        Row("x − (−y)", exact, 2, 1) { $0[0] - -$0[1] },
        Row("−(−x)", exact, 2, 0) { -(-$0[0]) },
        Row("−(x · 3)", exact, 4, 3) { -($0[0] * 3) },
        Row("||x||", exact, 2, 1) { $0[0].absolute().absolute() },
        Row("|−x|", exact, 2, 1) { (-$0[0]).absolute() },
        Row("max(x, x)", exact, 1, 0) { maximum($0[0], $0[0]) },
        Row("x < y ? x : x", exact, 2, 0) { select($0[0] .< $0[1], $0[0], $0[0]) },
        Row("not (x < y) ? x : y", exact, 3, 2) { select(.!($0[0] .< $0[1]), $0[0], $0[1]) },
        Row("1 / 3 · 6", [.constantFolding], 9, 3) { $0[0] + $0[0].filled(1) / 3 * 6 },
        Row("2 < 3 ? x : y", [.constantFolding, .exactIdentities], 6, 0) { inputs in
            select(inputs[0].filled(2) .< 3, inputs[0], inputs[1])
        },
        Row("x + 0", algebra, 3, 0) { $0[0] + 0 },
        Row("0 − x", algebra, 3, 1) { 0 - $0[0] },
        Row("x / 10", algebra, 3, 3) { $0[0] / 10 },
        Row("(x · 3) · 5", algebra, 6, 3) { $0[0] * 3 * 5 },
        Row("(x s) t", algebra, 4, 3) { $0[0] * $0[2] * $0[3] },
        Row("(−x) s", algebra, 3, 3) { -$0[0] * $0[2] },
        Row("3 x + 3 x", algebra, 4, 3) { inputs in inputs[0] * 3 + inputs[0] * 3 },
        Row("x s + y s", algebra, 4, 3) { $0[0] * $0[2] + $0[1] * $0[2] },
        Row("x s − y s", algebra, 4, 3) { $0[0] * $0[2] - $0[1] * $0[2] },
        Row("((x s) / y) t", algebra, 5, 4) { $0[0] * $0[2] / $0[1] * $0[3] },
        Row("Σ s x", algebra, 3, 2) { ($0[0] * $0[2]).sum() },
        Row("(s A)(t B)", algebra, 5, 4) { matmul($0[0] * $0[2], $0[1] * $0[3]) },
        Row("x y + z", .contraction, 2, 1) { $0[0] * $0[1] + $0[0] },
        Row("x − y s", .contraction, 3, 3) { $0[0] - $0[1] * $0[2] },
        Row("reshape of reshape", moves, 2, 1) {
            $0[0].reshaped([$0[0].shape.count]).reshaped([1, $0[0].shape.count])
        },
        Row("reshape back", moves, 2, 0) { $0[0].reshaped([$0[0].shape.count]).reshaped($0[0].shape) },
        Row("transpose of transpose", moves, 2, 0) { $0[0].transposed().transposed() },
        Row("transpose of a product", moves, 2, 1) { matmul($0[0], $0[1]).transposed() },
        Row("product of transposed", moves, 3, 1) { matmul($0[0].transposed(), $0[1].transposed()) },
        Row("contraction of transposed", moves, 3, 1) { inputs in
            dotGeneral(inputs[0].transposed(), inputs[1].transposed(), contracting: ([1, 0], [1, 0]))
        },
        Row("slice of slice", moves, 2, 1) { $0[0].sliced(axis: 0, 1..<9).sliced(axis: 0, 2..<4) },
        Row("slice of a part", moves, 2, 1) { concatenate([$0[0], $0[1]], axis: 0).sliced(axis: 0, 1..<4) },
        Row("slice that is a part", moves, 2, 0) { inputs in
            let rows = inputs[0].shape[0]
            return concatenate([inputs[0], inputs[1]], axis: 0).sliced(axis: 0, rows..<(2 * rows))
        },
        Row("neighbouring slices", moves, 3, 1) { inputs in
            concatenate([inputs[0].sliced(axis: 1, 0..<3), inputs[0].sliced(axis: 1, 3..<7)], axis: 1)
        },
        Row("concatenation of one", moves, 2, 1) { inputs in
            concatenate([concatenate([inputs[0], inputs[1]], axis: 1), inputs[0]], axis: 1)
        },
        Row("reverse of reverse", moves, 2, 0) { $0[0].reversed(axis: 0).reversed(axis: 0) },
        Row("twice the same", .commonSubexpressions, 5, 3) { inputs in
            // What the trace itself would have shared differs in the order of the operands.
            (inputs[0] * inputs[1]).tanh() + (inputs[1] * inputs[0]).tanh()
        },
    ]

    private static let special: [Float] = [
        0, -0.0, 1, -1, 0.1, -3, .nan, .infinity, -.infinity, 0x1p-140, -0x1p-127, 3e38, -3e38,
    ]

    /// Those of them with which nothing overflows on the way.
    private static let middling = special.filter { !$0.isFinite || abs($0) < 1e30 }

    /// Every one of some numbers beside every other, and two scalars.
    private static func inputs(of special: [Float], _ s: Float, _ t: Float) -> [TensorValue] {
        let n = special.count
        let x = special.flatMap { number in special.map { _ in number } }
        let y = special.flatMap { _ in special }
        return [
            TensorValue(x, shape: [n, n]), TensorValue(y, shape: [n, n]), TensorValue(scalar: s),
            TensorValue(scalar: t),
        ]
    }

    private static let types = inputs(of: special, 0, 0).map(\.type)

    @Test("leave as many nodes as they promise", arguments: rows)
    func counts(_ row: Row) throws {
        let function = try Function.untouched(Self.types) { [row.body($0)] }
        let after = function.rewritten(by: row.passes)
        let (old, new) = (try function.program().text, try after.program().text)
        #expect(function.nodes.count == row.nodes.before, "\(row): \(old)")
        #expect(after.nodes.count == row.nodes.after, "\(row): \(new)")
        #expect(after != function)
    }

    @Test("keep every bit of every special number, unless they say that they may not", arguments: rows)
    func specials(_ row: Row) throws {
        let isExact = Passes.keepingBits.isSuperset(of: row.passes)
        let numbers = isExact ? Self.special : Self.middling
        let function = try Function.untouched(Self.inputs(of: numbers, 0, 0).map(\.type)) { [row.body($0)] }
        let before = try CompiledProgram(function.program(), options: [])
        let after = try CompiledProgram(function.rewritten(by: row.passes).program(), options: [])
        for s in numbers {
            for t in [0.5, -2] as [Float] {
                let inputs = Self.inputs(of: numbers, s, t)
                let (old, new) = (try before.run(inputs)[0], try after.run(inputs)[0])
                if isExact {
                    #expect(old == new, "\(row), s \(s)")
                } else {
                    for (index, (a, b)) in zip(old.floats, new.floats).enumerated() where a.isNaN {
                        #expect(!b.isFinite, "\(row), element \(index), s \(s): NaN became \(b)")
                    }
                }
            }
        }
    }

    @Test("of real numbers hold for plain ones to the last few bits", arguments: rows)
    func plain(_ row: Row) throws {
        let function = try Function.untouched(Self.types) { [row.body($0)] }
        let (before, after) = (try function.program(), try function.rewritten(by: row.passes).program())
        for seed in 0..<20 as Range<UInt64> {
            var random = Seeded(seed)
            let inputs = Self.types.map { random.value($0, .positive) }
            let (old, new) = (
                try CompiledProgram(before, options: []).run(inputs)[0], try CompiledProgram(after).run(inputs)[0]
            )
            let scale = old.floats.map(\.magnitude).max() ?? 1
            for (a, b) in zip(old.floats, new.floats) {
                // A sum of 169 numbers of one sign: 169 roundings of 6e-8 each.
                #expect(abs(a - b) <= 1e-5 * scale, "\(row), seed \(seed): \(a), \(b)")
            }
        }
    }

    @Test("that keep bits leave alone what only looks like them", arguments: [ElementType.f32, .f64])
    func alikes(_ element: ElementType) throws {
        let alikes: [(Tensor) -> Tensor] = [
            { $0 + 0 }, { $0 - -0.0 }, { 0 - $0 }, { $0 / 10 }, { $0 / 3 }, { $0 * 0 }, { $0 * 2 * 2 }, { $0 - $0 },
            { $0 / $0 },
        ]
        for (index, body) in alikes.enumerated() {
            let function = try Function.untouched([TensorType(element, [3])]) { [body($0[0])] }
            #expect(function.rewritten(by: [.exactIdentities, .deadCode]) == function, "\(index)")
        }
    }

    @Test("keep what is counted on: a loop loses what nobody reads")
    func loops() throws {
        let type = TensorType(.f32, [3])
        let function = try Function.untouched([type, TensorType(.f32, [5, 3])]) { inputs in
            let start = Pair(inputs[0], Pair(inputs[0], inputs[0]))
            let loop = scan(start, over: Pair(inputs[1], inputs[1] + 1)) { carry, row in
                // The last carry serves only itself, and one output nobody.
                let next = carry.second.first * row.first
                let idle = carry.second.second.tanh()
                return (Pair(carry.first + next, Pair(next, idle)), Pair(next, idle + row.second))
            }
            return [loop.carry.first, loop.outputs.first]
        }
        let after = function.rewritten(by: .deadCode)
        let loop = try #require(after.nodes.last?.primitive as? Scan)
        #expect(loop.carryCount == 2 && loop.body.parameters.count == 3 && loop.body.results.count == 3)
        #expect(after.nodeCount == 3)
        var random = Seeded(1)
        let inputs = function.parameters.map { random.value($0) }
        #expect(
            try CompiledProgram(after.program(), options: []).run(inputs)
                == CompiledProgram(function.program(), options: []).run(inputs)
        )
    }

    @Test("put a sum over lanes of products into one product")
    func lanesOfProducts() throws {
        let types = [TensorType(.f32, [7, 4, 3]), TensorType(.f32, [7, 4, 5])]
        let function = try Function.untouched(types) { inputs in
            [dotGeneral(inputs[0], inputs[1], batch: ([0], [0]), contracting: ([1], [1])).sum(over: [0])]
        }
        let after = function.rewritten(by: [.algebraicIdentities, .deadCode])
        #expect(after.nodes.count == 1)
        var random = Seeded(1)
        let inputs = types.map { random.value($0) }
        let (a, b) = (
            try ReferenceInterpreter().run(function.program(), inputs)[0],
            try ReferenceInterpreter().run(after.program(), inputs)[0]
        )
        // The same 28 products, added in Double in another order.
        #expect(zip(a.doubles, b.doubles).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    @Test("of a derivative's seams stand until no derivative is taken any more")
    func stops() throws {
        let function = try Function.untouched([TensorType(.f32, [2])]) { [$0[0].stoppingGradient() * $0[0]] }
        #expect(Passes.changingBits.allSatisfy { function.rewritten(by: $0).nodes.count == 2 })
        #expect(function.rewritten(by: .keepingBits).nodes.count == 1)
        // In lanes, whose function is simplified before it is differentiated.
        let program = try Program.of([TensorType(.f32, [2])]) { inputs in
            [gradient(at: inputs[0]) { x in vmap(x) { $0.stoppingGradient() * $0 }.sum() }]
        }
        #expect(try CompiledProgram(program).run([TensorValue([3, 4] as [Float])])[0].floats == [3, 4])
    }
}
