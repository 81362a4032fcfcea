@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("A program that does another several times")
struct RepeatedProgramTests {
    @Test("gives for each time the bits that the other gives")
    func bits() throws {
        for seed in 0..<200 as Range<UInt64> {
            let function = RandomFunction(seed: seed, length: 20)
            let program = try Program.of(function.inputs) { function($0).results }
            var random = Seeded(seed)
            let count = random.integer(1...6)
            let inputs = (0..<count).map { _ in function.values(&random) }
            let repeated = try CompiledProgram(program.repeated(count)).run(inputs.flatMap { $0 })
            let alone = try CompiledProgram(program)
            let expected = try inputs.flatMap { try alone.run($0) }
            #expect(repeated.map(\.hash) == expected.map(\.hash), "seed \(seed)")
        }
    }

    @Test("names its inputs and outputs by the time, and is what it is written as")
    func ports() throws {
        let program = try Program.trace([Port("a", TensorType(.f32, [2])), Port("b", TensorType(.f32, []))]) {
            ["sum": $0[0] + $0[1].broadcast(to: [2]), "b": $0[1]]
        }
        let twice = try program.repeated(2)
        #expect(twice.inputs.map(\.name) == ["a 0", "b 0", "a 1", "b 1"])
        #expect(twice.outputs.map(\.name) == ["sum 0", "b 0", "sum 1", "b 1"])
        #expect(try Program(twice.flat) == twice)
        let (a, b) = (TensorValue([1, 2] as [Float]), TensorValue(scalar: 10 as Float))
        let (c, d) = (TensorValue([3, 4] as [Float]), TensorValue(scalar: 20 as Float))
        let found = try CompiledProgram(twice).run([a, b, c, d]).map(\.floats)
        #expect(found == [[11, 12], [10], [23, 24], [20]])
    }
}
