@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Passes")
struct PassLawTests {
    /// Each pass that keeps bits, alone.
    static let keeping: [Passes] = [
        .deadCode, .commonSubexpressions, .constantFolding, .dataMovement, .exactIdentities, .finishedDerivatives,
        .sharedFactors,
    ]

    /// A random function with something for every pass to do: gradients leave sums of zeros, factors of one and double
    /// transpositions, lanes leave repetitions.
    private static func function(_ seed: UInt64, length: Int = 10) throws -> (Function, [TensorValue]) {
        let random = RandomFunction(seed: seed, length: length)
        let function = try Function.untouched(random.inputs) { inputs in
            let scalar = { (inputs: [Tensor]) in
                random(inputs).results.reduce(inputs[0].scalar(0)) { $0 + ($1 * 0.5).mean() }
            }
            return random(inputs).results + gradient(at: inputs, of: scalar)
        }
        var numbers = Seeded(seed)
        return (function, random.values(&numbers))
    }

    @Test("that keep bits do, in every combination")
    func combinations() throws {
        for seed in 0..<64 as Range<UInt64> {
            let (function, inputs) = try Self.function(seed)
            let program = try function.program()
            let plain = try CompiledProgram(program, options: []).run(inputs)
            let all = CompilerOptions.all.rawValue
            for bits in 1...all where bits % 127 == Int(seed % 127) || bits == all {
                let options = CompilerOptions(rawValue: bits)
                #expect(try CompiledProgram(program, options: options).run(inputs) == plain, "seed \(seed), \(bits)")
            }
            for pass in Self.keeping {
                let rewritten = try function.rewritten(by: pass).program()
                let found = try CompiledProgram(rewritten, options: []).run(inputs)
                #expect(found == plain, "seed \(seed), \(pass)")
            }
        }
    }

    @Test("that may change bits keep what the function means")
    func meaning() throws {
        var changed = 0
        for seed in 0..<200 as Range<UInt64> {
            let (function, inputs) = try Self.function(seed)
            let before = try ReferenceInterpreter().run(function.program(), inputs)
            for passes in Passes.changingBits.indices {
                let rewritten = Passes.changingBits[...passes].reduce(function) { $0.rewritten(by: $1) }
                let after = try ReferenceInterpreter().run(rewritten.program(), inputs)
                let scale = 1 + (before.flatMap(\.doubles).filter(\.isFinite).map(\.magnitude).max() ?? 0)
                for (a, b) in zip(before, after) {
                    // The reference rounds nothing; constants that were folded were rounded to f32, which is 6e-8 each.
                    let furthest = zip(a.doubles, b.doubles).map { $0 == $1 || $0.isNaN ? 0 : abs($0 - $1) }.max() ?? 0
                    #expect(furthest <= 2e-6 * scale, "seed \(seed), \(passes): \(furthest)")
                }
                changed += rewritten == function ? 0 : 1
            }
        }
        #expect(changed > 300)
    }

    @Test("change nothing when they are done again, and leave parameters and types of results alone")
    func idempotence() throws {
        for seed in 0..<100 as Range<UInt64> {
            let (function, _) = try Self.function(seed)
            let changing = Passes.changingBits.indices.map { index in
                (Passes.changingBits[..<index].reduce(function) { $0.rewritten(by: $1) }, Passes.changingBits[index])
            }
            for (before, passes) in Self.keeping.map({ (function, $0) }) + [(function, .keepingBits)] + changing {
                let once = before.rewritten(by: passes)
                #expect(once.rewritten(by: passes) == once, "seed \(seed), \(passes)")
                #expect(once.parameters == function.parameters && once.resultTypes == function.resultTypes)
                // What comes out is as well formed as what a trace makes.
                let again = try Function(
                    parameters: once.parameters,
                    steps: once.nodes.map { ($0.primitive, $0.operands) },
                    results: once.results
                )
                #expect(again == once && again.types == once.types, "seed \(seed), \(passes)")
            }
        }
    }

    @Test("give a lane the bits that it has alone, whatever they change")
    func lanes() throws {
        for seed in 1_000..<1_150 as Range<UInt64> {
            let function = RandomFunction(seed: seed, length: 12)
            try expectSameInLanes(function.inputs, seed: seed) { inputs in
                gradient(at: inputs) { inputs in
                    function(inputs).results.reduce(inputs[0].scalar(0)) { $0 + ($1 * 0.3).mean() }
                }
            }
        }
    }

    @Test("are quick on programs that are made to be slow")
    func hostile() throws {
        let type = TensorType(.f32, [2])
        // Carries in a row, each needed by the one before; nested loops; concatenations of concatenations.
        let count = 2_000
        let body = try Function(
            parameters: Array(repeating: type, count: count),
            steps: [],
            results: Array(1..<count) + [0]
        )
        let loop = Scan(body: body, length: 3, constantCount: 0, carryCount: count, isReverse: false)
        var steps: [(primitive: any Primitive, operands: [Int])] = [(loop, Array(repeating: 0, count: count))]
        steps.append((Concatenate(dimension: 0), [0, 1]))
        for index in 0..<2_000 { steps.append((Slice(starts: [0], limits: [2], strides: [1]), [count + 1 + index])) }
        let row = try Function(parameters: [type], steps: steps, results: [count + 2_001])
        #expect(row.rewritten(by: .keepingBits).nodes.count < 4)
        var nested = try Function(parameters: [type], steps: [(Negate(), [0])], results: [1])
        for _ in 0..<60 {
            let loop = Scan(body: nested, length: 1, constantCount: 0, carryCount: 1, isReverse: false)
            nested = try Function(parameters: [type], steps: [(loop, [0])], results: [1])
        }
        #expect(nested.rewritten(by: .keepingBits) == nested)
    }
}
