import Execution
@testable import Tensors
import Testing

@Suite("A run's control")
struct RunControlTests {
    private func counting(to length: Int) throws -> CompiledProgram {
        // The loop's length is that of an input which takes no bytes.
        let program = try Program.of([TensorType(.f32, [])]) { inputs in
            let steps = inputs[0].broadcast(to: [length, 0])
            return [scan(inputs[0], over: steps) { carry, _ in (carry.cosine(), Nothing()) }.carry]
        }
        return try CompiledProgram(program)
    }

    @Test("tells that all steps are done")
    func progress() throws {
        let control = RunControl()
        #expect(control.progress == (0, 0))
        _ = try counting(to: 17).run([TensorValue(scalar: Float(1))], control: control)
        #expect(control.progress == (17, 17))
    }

    @Test("stops the outermost loop from another thread, and the program runs again afterwards")
    func cancellation() async throws {
        let length = 1 << 31  // minutes
        let program = try counting(to: length)
        let control = RunControl()
        async let run = Task.detached { try program.run([TensorValue(scalar: Float(1))], control: control) }.result
        while control.progress.step == 0 { await Task.yield() }
        control.cancel()
        let result = await run
        #expect(throws: ExecutionError.cancelled) { try result.get() }
        let (step, total) = control.progress
        #expect(total == length && step > 0 && step < length)
        let short = try counting(to: 3)
        #expect(throws: ExecutionError.cancelled) { try short.run([TensorValue(scalar: Float(1))], control: control) }
        let once = try short.run([TensorValue(scalar: Float(1))])
        #expect(try short.run([TensorValue(scalar: Float(1))], control: RunControl()) == once)
    }

    @Test("changes no bit")
    func bits() throws {
        let program = try counting(to: 9)
        let input = [TensorValue(scalar: Float(0.3))]
        #expect(try program.run(input) == program.run(input, control: RunControl()))
    }

    @Test("does not see loops inside the outermost")
    func inner() throws {
        let program = try Program.of([TensorType(.f32, [])]) { inputs in
            let loop = scan(inputs[0], count: 4) { carry, _ in
                (scan(carry, count: 50) { carry, _ in (carry.cosine(), Nothing()) }.carry, Nothing())
            }
            return [loop.carry]
        }
        let control = RunControl()
        _ = try CompiledProgram(program).run([TensorValue(scalar: Float(1))], control: control)
        #expect(control.progress == (4, 4))
    }
}
