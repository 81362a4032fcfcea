@testable import Execution
@testable import Tensors
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc

@Suite("Memory")
struct MemoryTests {
    /// The bytes that the process has in memory.
    private func residentByteCount() throws -> Int {
        let file = try #require(fopen("/proc/self/statm", "r"))
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 128)
        _ = try #require(fgets(&text, Int32(text.count), file))
        let pages = String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
        return try #require(Int(pages[1])) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// How much the process grew each time that something was done. Whatever else it does meanwhile is not in all of them.
    private func growths(_ action: () throws -> Void) throws -> [Int] {
        try (0..<5).map { _ in
            let before = try residentByteCount()
            try action()
            return try residentByteCount() - before
        }
    }

    @Test("stays where it is over a million steps of training")
    func steps() throws {
        // A small network and Adam, one step after another.
        let types = [TensorType(.f32, [3, 4]), TensorType(.f32, [5, 3])]
        let program = try CompiledProgram(
            Program.of(types) { inputs in
                let zeros = inputs[0] * 0
                let trained = scan([inputs[0], zeros, zeros], count: 200_000) { state, _ in
                    let slope = gradient(at: [state[0]]) { weights in
                        let error = matmul(inputs[1], weights[0]).tanh() - 0.5
                        return (error * error).mean()
                    }[0]
                    let first = state[1] * 0.9 + slope * 0.1
                    let second = state[2] * 0.999 + slope * slope * 0.001
                    return ([state[0] - first / (second.squareRoot() + 1e-6) * 0.001, first, second], Nothing())
                }
                return trained.carry
            }
        )
        var random = Seeded(1)
        let inputs = types.map { random.value($0, .plain) }
        let first = try program.run(inputs)
        let growths = try self.growths {
            let again = try program.run(inputs)
            #expect(again == first)
        }
        // 32 bytes, the least that a step can leak, would be 6 MB each time.
        #expect(growths.contains { $0 < 1 << 20 }, "\(growths)")
    }

    @Test("stays where it is over runs of all kinds of steps")
    func runs() throws {
        let examples = try (0..<40 as Range<UInt64>).map { seed in
            let function = RandomFunction(seed: seed, length: 20)
            var random = Seeded(seed)
            let program = try CompiledProgram(Program.of(function.inputs) { function($0).results })
            return (program, function.values(&random))
        }
        let growths = try self.growths {
            for (program, inputs) in examples {
                for _ in 0..<1_000 { _ = try program.run(inputs) }
            }
        }
        // 32 bytes, the least that a run can leak, would be 1.3 MB each time.
        #expect(growths.contains { $0 < 1 << 19 }, "\(growths)")
    }

    @Test("of a run is as many bytes as the plan says", arguments: [1, 1 << 10, 1 << 18])
    func context(count: Int) throws {
        let type = TensorType(.f32, [count])
        let program = try CompiledProgram(
            Program.of([type]) { inputs in [inputs[0].cumulativeSum(axis: 0).tanh().cumulativeSum(axis: 0)] }
        )
        let context = RunContext(program.plan, constants: program.constants.address)
        typealias Measure = @convention(c) (UnsafeMutableRawPointer) -> Int
        let address = try #require(dlsym(nil, "malloc_usable_size"))
        let measure = unsafeBitCast(address, to: Measure.self)
        // Rounded up to 16, or to whole pages, and what alignment leaves over.
        let spare = program.arenaByteCount < 1 << 17 ? 64 : 8192
        #expect((0...spare).contains(measure(context.memory) - program.arenaByteCount))
    }
}
#endif
