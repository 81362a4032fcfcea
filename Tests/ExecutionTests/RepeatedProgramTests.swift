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
            let isShared = program.inputs.map { _ in random.oneIn(4) }
            var inputs = (0..<count).map { _ in function.values(&random) }
            for time in 0..<count {
                for index in isShared.indices where isShared[index] { inputs[time][index] = inputs[0][index] }
            }
            let stacks = isShared.indices.map { index in
                isShared[index] ? inputs[0][index] : TensorValue(stacking: inputs.map { $0[index] })
            }
            let repeated = try program.repeated(count, sharing: isShared)
            let found = try CompiledProgram(repeated).run(stacks).map { $0.unstacked.map(\.hash) }
            let alone = try CompiledProgram(program)
            for (time, inputs) in inputs.enumerated() {
                #expect(try found.map { $0[time] } == alone.run(inputs).map(\.hash), "seed \(seed), time \(time)")
            }
        }
    }

    @Test("takes and gives the tensors of all times as one, under the same names, and is what it is written as")
    func ports() throws {
        let program = try Program.trace([Port("a", TensorType(.f32, [2])), Port("b", TensorType(.f32, []))]) {
            ["sum": $0[0] + $0[1].broadcast(to: [2]), "b": $0[1]]
        }
        for (isShared, b, found) in [
            ([false, false], TensorValue([10, 20] as [Float]), [[11, 12, 23, 24], [10, 20]] as [[Float]]),
            ([false, true], TensorValue(scalar: 10 as Float), [[11, 12, 13, 14], [10, 10]]),
        ] {
            let twice = try program.repeated(2, sharing: isShared)
            #expect(twice.inputs.map(\.name) == program.inputs.map(\.name))
            #expect(twice.outputs.map(\.name) == program.outputs.map(\.name))
            #expect(twice.outputs.map(\.type) == [TensorType(.f32, [2, 2]), TensorType(.f32, [2])])
            #expect(try Program(twice.flat) == twice)
            let a = TensorValue([1, 2, 3, 4] as [Float], shape: [2, 2])
            #expect(try CompiledProgram(twice).run([a, b]).map(\.floats) == found)
        }
    }

    @Test("is refused where a tensor would be none that a program can have")
    func rank() throws {
        let deep = Shape(Array(repeating: 1, count: TensorType.rankLimit))
        let program = try Program.trace([Port("x", TensorType(.f32, deep))]) { ["y": $0[0].reshaped([1])] }
        #expect(throws: ProgramError.self) { _ = try program.repeated(2, sharing: [false]) }
        #expect(try program.repeated(2, sharing: [true]).outputs.map(\.type) == [TensorType(.f32, [2, 1])])
    }
}
