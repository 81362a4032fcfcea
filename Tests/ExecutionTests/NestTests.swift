@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Nested functions")
struct NestTests {
    private func example(_ seed: UInt64) throws -> (program: Program, inputs: [TensorValue]) {
        var nest = RandomNest(seed: seed)
        let types = RandomNest.types
        let function = try nest.function(types, types + types, depth: 3)
        var random = Seeded(seed)
        return (try function.program(), types.map { random.value($0, .plain) })
    }

    @Test("overwrite nothing that is read later: every option, on or off, gives the same bits")
    func options() throws {
        for seed in 0..<600 as Range<UInt64> {
            let (program, inputs) = try example(seed)
            let plain = try CompiledProgram(program, options: []).run(inputs)
            var random = Seeded(seed)
            let some = CompilerOptions(rawValue: random.integer(1...(CompilerOptions.all.rawValue - 1)))
            for options in [.all, [.elementwiseFusion, .updatesInPlace], some] {
                let compiled = try CompiledProgram(program, options: options)
                #expect(try compiled.run(inputs) == plain, "seed \(seed), options \(options.rawValue)")
                #expect(try compiled.run(inputs) == plain, "seed \(seed), options \(options.rawValue), again")
            }
        }
    }

    @Test("give natively what the reference gives")
    func values() throws {
        var count = 0
        for seed in 0..<600 as Range<UInt64> {
            let (program, inputs) = try example(seed)
            let found = try CompiledProgram(program).run(inputs)
            let expected = try ReferenceInterpreter().run(program, inputs)
            // A value that was overwritten is another number altogether. Sums that double again and again would be too, by
            // roundings alone: those programs are for the test above.
            guard expected.flatMap(\.doubles).allSatisfy({ $0.magnitude < 100 }) else { continue }
            count += 1
            for (f, e) in zip(found, expected) {
                let wrong = disagreement(f, e, .absolute(1e-3), magnitude: e)
                #expect(wrong == nil, "seed \(seed): \(wrong ?? "")")
            }
        }
        #expect(count > 300, "only \(count) programs stay small")
    }
}
