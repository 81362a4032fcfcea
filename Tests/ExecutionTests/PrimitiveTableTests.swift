@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Every primitive")
struct PrimitiveTableTests {
    @Test("has a rule in the reference interpreter")
    func rules() {
        for primitive in PrimitiveTable.all {
            #expect(primitive is any ReferenceRule.Type, "\(primitive.name) has no file in Reference")
        }
    }

    @Test("has a row of tests")
    func completeness() {
        #expect(Set(rows.map(\.name)) == Set(PrimitiveTable.all.map { $0.name }))
    }

    @Test(
        "gives natively what the reference gives, over many shapes, types and bits",
        arguments: Set(rows.map(\.name)).sorted()
    )
    func values(of name: String) throws {
        for (seed, row) in cases(name, count: 150) {
            var random = Seeded(seed)
            let example = row.make(&random, .values)
            let inputs = example.inputs
            let program = try Program.of(inputs.map(\.type), example.results)
            let found = try CompiledProgram(program).run(inputs)
            let expected = try ReferenceInterpreter().run(program, inputs)
            for (f, e) in zip(found, expected) {
                let wrong = disagreement(f, e, example.tolerance, magnitude: magnitude(example))
                #expect(wrong == nil, "\(name), seed \(seed), \(inputs.map(\.type)): \(wrong ?? "")")
            }
        }
    }

    @Test("runs in lanes as it runs alone, bit for bit", arguments: Set(rows.map(\.name)).sorted())
    func lanes(of name: String) throws {
        for (seed, row) in cases(name, count: 40) {
            var random = Seeded(seed)
            let example = row.make(&random, .values)
            try expectSameInLanes(example.inputs.map(\.type), seed: seed, example.results)
        }
    }

    @Test(
        "has the derivative that differences of the reference show, and the second",
        arguments: Set(rows.map(\.name)).sorted()
    )
    func derivatives(of name: String) throws {
        for (seed, row) in cases(name, count: 12) {
            var random = Seeded(seed)
            let example = row.make(&random, .derivatives)
            try expectGradients(at: example.inputs, seed: seed) { inputs in
                // What stops gradients is told no difference either.
                name == StopGradient.name ? inputs : example.results(inputs)
            }
        }
    }

    @Test(
        "moves as differences of the reference show, and as its pullback says, to second order",
        arguments: Set(rows.map(\.name)).sorted()
    )
    func tangents(of name: String) throws {
        for (seed, row) in cases(name, count: 12) {
            var random = Seeded(seed)
            let example = row.make(&random, .derivatives)
            try expectTangents(at: example.inputs, seed: seed) { inputs in
                name == StopGradient.name ? inputs : example.results(inputs)
            }
        }
    }

    private func cases(_ name: String, count: UInt64) -> [(UInt64, Row)] {
        rows.filter { $0.name == name }.flatMap { row in (0..<count).map { ($0, row) } }
    }

    /// The primitive on the magnitudes of its operands: what its sums could come to.
    private func magnitude(_ example: Row.Case) -> ReferenceTensor {
        let operands = example.operands.map(ReferenceTensor.init).map { operand in
            operand.type.element.isFloat
                ? ReferenceTensor(operand.type, reals: operand.doubles.map(\.magnitude)) : operand
        }
        let rule = example.primitive as? any ReferenceRule
        let types = try? example.primitive.resultTypes(of: operands.map(\.type))
        guard let results = try? rule?.evaluated(on: operands, types: types ?? []) else {
            preconditionFailure("the case was evaluated before")
        }
        return results[0]
    }
}
