import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Matrix products")
struct ProductTests {
    @Test("a row does not depend on how many rows there are, nor a column on how many columns")
    func rowsAlone() throws {
        for seed in 0..<30 as Range<UInt64> {
            var random = Seeded(seed)
            let (m, n, k) = (random.integer(1...40), random.integer(1...70), random.integer(0...40))
            let (a, b) = (random.value(TensorType(.f32, [m, k])), random.value(TensorType(.f32, [k, n])))
            let whole = try product(a, b).floats
            for rows in [1, 2, 3, 5, 9, 13] where rows <= m {
                let some = try CompiledProgram(
                    Program.of([a.type, b.type]) { [matmul($0[0].sliced(axis: 0, 0..<rows), $0[1])] }
                ).run([a, b])[0].floats
                #expect(some == Array(whole.prefix(rows * n)), "\(rows) of \(m) rows, seed \(seed)")
            }
            for columns in [1, 7, 17, 33] where columns <= n {
                let some = try CompiledProgram(
                    Program.of([a.type, b.type]) { [matmul($0[0], $0[1].sliced(axis: 1, 0..<columns))] }
                ).run([a, b])[0].floats
                let expected = (0..<m).flatMap { whole[($0 * n)..<($0 * n + columns)] }
                #expect(some == expected, "\(columns) of \(n) columns, seed \(seed)")
            }
        }
    }

    @Test("an operand gives the same bits however its axes lie")
    func orientations() throws {
        for seed in 0..<30 as Range<UInt64> {
            var random = Seeded(seed)
            let (m, n, k) = (random.integer(1...40), random.integer(1...70), random.integer(0...40))
            let (a, b) = (random.value(TensorType(.f32, [m, k])), random.value(TensorType(.f32, [k, n])))
            let straight = try product(a, b)
            for (turnsLeft, turnsRight) in [(true, false), (false, true), (true, true)] {
                let program = try Program.of([a.type, b.type]) { inputs in
                    let left = turnsLeft ? inputs[0].transposed() : inputs[0]
                    let right = turnsRight ? inputs[1].transposed() : inputs[1]
                    return [dotGeneral(left, right, contracting: ([turnsLeft ? 0 : 1], [turnsRight ? 1 : 0]))]
                }
                let turned = try CompiledProgram(program).run([a, b])[0]
                #expect(turned == straight, "left \(turnsLeft), right \(turnsRight), seed \(seed)")
            }
        }
    }

    private func product(_ a: TensorValue, _ b: TensorValue) throws -> TensorValue {
        try CompiledProgram(Program.of([a.type, b.type]) { [matmul($0[0], $0[1])] }).run([a, b])[0]
    }
}
