@testable import Execution
@testable import Tensors
import TestSupport
import Testing

/// NaN, infinities, zeros of both signs and denormals, through every primitive as IEEE 754 has it.
@Suite("Special numbers")
struct SpecialNumberTests {
    @Test("give what the reference gives in every combination, through everything element-wise")
    func elementwise() throws {
        var count = 0
        for case let type as any Elementwise.Type in PrimitiveTable.all where type.domain.contains(.f32) {
            for element in [ElementType.f32, .f64] {
                let isAngle = type is Sine.Type || type is Cosine.Type
                let numbers = (element == .f32 ? Seeded.floats.map { Double($0) } : Seeded.doubles)
                    .filter { !isAngle || !$0.isFinite || $0.magnitude <= 0x1p30 }
                let total = (0..<type.arity).reduce(1) { product, _ in product * numbers.count }
                let operands = (0..<type.arity).map { place in
                    let step = (0..<place).reduce(1) { product, _ in product * numbers.count }
                    let column = (0..<total).map { numbers[$0 / step % numbers.count] }
                    return element == .f32 ? TensorValue(column.map { Float($0) }) : TensorValue(column)
                }
                let program = try Program.of(operands.map(\.type)) { Trace.apply(type.init(), $0) }
                let found = try CompiledProgram(program).run(operands)[0]
                let expected = try ReferenceInterpreter().run(program, operands)[0]
                let wrong = disagreement(found, expected, Row.tolerance(of: type, element), magnitude: expected)
                #expect(wrong == nil, "\(type.name), \(element): \(wrong ?? "")")
                // Every NaN that comes out is the same one.
                if element == .f32 {
                    #expect(found.floats.allSatisfy { !$0.isNaN || $0.bitPattern == 0x7FC0_0000 }, "\(type.name)")
                }
                count += 1
            }
        }
        #expect(count > 40)
    }

    @Test("come out of every primitive where they come out of the reference", arguments: Set(rows.map(\.name)).sorted())
    func everywhere(name: String) throws {
        // Nothing near overflow: the reference has a larger one.
        let numbers: [Double] = [0, -0.0, 1, -1, 0.5, -2, .nan, .infinity, -.infinity, 0x1p-149, -0x1p-140]
        for row in rows where row.name == name {
            for seed in 0..<80 as Range<UInt64> {
                var random = Seeded(seed)
                let example = row.make(&random, .values)
                let share = random.integer(1...6)
                let inputs = example.inputs.map { input -> TensorValue in
                    guard input.type.element.isFloat else { return input }
                    let plain = ReferenceTensor(random.value(input.type)).doubles
                    let mixed = plain.map { random.oneIn(share) ? random.pick(numbers) : $0 }
                    return ReferenceTensor(input.type, reals: mixed).value
                }
                let program = try Program.of(inputs.map(\.type), example.results)
                let found = try CompiledProgram(program).run(inputs)
                for (f, e) in zip(found, try ReferenceInterpreter().run(program, inputs)) {
                    let (founds, exact) = (ReferenceTensor(f).doubles, ReferenceTensor(e.value).doubles)
                    for (element, (a, b)) in zip(founds, exact).enumerated() {
                        let isSame = a.isNaN == b.isNaN && (a.isInfinite || b.isInfinite ? a == b : true)
                        #expect(isSame, "\(name), seed \(seed), element \(element): \(a) instead of \(b)")
                    }
                }
            }
        }
    }
}
