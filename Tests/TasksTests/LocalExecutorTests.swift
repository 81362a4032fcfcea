import Execution
import TestSupport
import Tensors
import Testing

@testable import Tasks

@Suite("Programs run in this process")
struct LocalExecutorTests {
    /// x ↦ a x, of so many numbers.
    private static func program(_ count: Int, factor: Float) throws -> Program {
        try Program.trace([Port("x", TensorType(.f32, [count]))]) { ["y": $0[0] * $0[0].scalar(Double(factor))] }
    }

    @Test("side by side give what each gives alone, in order")
    func order() throws {
        for seed in 0..<30 as Range<UInt64> {
            var random = Seeded(seed)
            let runs = try (0..<random.integer(0...40)).map { _ in
                let count = random.integer(1...3)
                let numbers = (0..<count).map { _ in Float(random.integer(-100...100)) }
                return (
                    program: try Self.program(count, factor: Float(random.integer(1...2))),
                    inputs: [TensorValue(numbers)]
                )
            }
            let executor = LocalExecutor()
            let alone = try runs.map { try executor.run($0.program, $0.inputs) }
            #expect(try executor.run(runs) == alone, "seed \(seed)")
        }
    }

    @Test("side by side fail with the first failure")
    func failure() throws {
        let program = try Self.program(2, factor: 1)
        let sound = (program: program, inputs: [TensorValue([Float(1), 2])])
        let runs = (0..<20).map { number in
            number < 7 ? sound : (program: program, inputs: [TensorValue([Float](repeating: 0, count: number))])
        }
        #expect {
            try LocalExecutor().run(runs)
        } throws: { error in
            guard case .input(_, _, let found) = error as? ExecutionError else { return false }
            return found.shape == [7]
        }
    }

    @Test("are kept with their memory as long as all have room in what one may take")
    func room() throws {
        let limit = 1 << 22
        for seed in 0..<10 as Range<UInt64> {
            var random = Seeded(seed)
            let executor = LocalExecutor(limits: ExecutionLimits(memory: limit))
            for _ in 0..<60 {
                let count = random.integer(1...400)
                // x xᵀ is in memory between two products.
                let program = try Program.trace([Port("x", TensorType(.f32, [count, 1]))]) { inputs in
                    ["y": matmul(matmul(inputs[0], inputs[0].transposed()), inputs[0])]
                }
                let ones = TensorValue([Float](repeating: 1, count: count), shape: [count, 1])
                let runs = (0..<random.integer(1...3)).map { _ in (program: program, inputs: [ones]) }
                for outputs in try executor.run(runs) { #expect(outputs[0].floats.allSatisfy { $0 == Float(count) }) }
                // How many ran side by side is noted at the next use.
                _ = try executor.compile(program)
                #expect(executor.byteCount <= limit, "seed \(seed)")
            }
            #expect(executor.byteCount > limit / 4, "seed \(seed): much is kept")
        }
    }
}
