@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("The plan")
struct PlanTests {
    @Test("never gives two values one place, and counts what lies at once")
    func arena() {
        for seed in 0..<200 as Range<UInt64> {
            var random = Seeded(seed)
            var arena = Arena()
            var taken: [(offset: Int, count: Int)] = []
            var most = 0
            for _ in 0..<100 {
                if taken.isEmpty || random.oneIn(2) {
                    let count = random.integer(0...1000)
                    let offset = arena.allocate(count)
                    let end = offset + Arena.aligned(count)
                    #expect(offset % Arena.alignment == 0)
                    #expect(taken.allSatisfy { end <= $0.offset || $0.offset + $0.count <= offset }, "seed \(seed)")
                    taken.append((offset, Arena.aligned(count)))
                    most = max(most, end)
                } else {
                    arena.free(taken.remove(at: random.integer(0...(taken.count - 1))).offset)
                }
            }
            #expect(arena.byteCount == most)
        }
    }

    @Test("is what a run allocates: nothing is written beyond it, and nothing read before it is written")
    func bounds() throws {
        let guardByteCount = 4096
        for seed in 0..<150 as Range<UInt64> {
            let function = RandomFunction(seed: seed)
            let program = try CompiledProgram(
                Program.of(function.inputs) { inputs in
                    let scalar = { (inputs: [Tensor]) in
                        function(inputs).results.reduce(inputs[0].scalar(0)) { $0 + $1.sum() }
                    }
                    return function(inputs).results + gradient(at: inputs, of: scalar)
                }
            )
            var random = Seeded(seed)
            let inputs = function.values(&random)
            // The same plan with empty room behind the arena and behind the registers, and all of it filled with NaN.
            var roomy = program.plan
            roomy.arenaByteCount = Arena.aligned(roomy.arenaByteCount) + guardByteCount
            roomy.registerByteCount = Arena.aligned(roomy.registerByteCount) + guardByteCount
            let context = RunContext(roomy, constants: program.constants.address)
            context.memory.initializeMemory(as: UInt8.self, repeating: 0xff, count: roomy.slotOffset)
            let found = try program.run(inputs, in: context)
            #expect(try program.run(inputs) == found, "seed \(seed)")
            for end in [roomy.registerOffset, roomy.slotOffset] {
                let room = UnsafeRawBufferPointer(start: context.memory + end - guardByteCount, count: guardByteCount)
                #expect(room.allSatisfy { $0 == 0xff }, "seed \(seed)")
            }
            #expect(program.arenaByteCount == program.plan.byteCount)
            #expect(program.arenaByteCount < roomy.byteCount)
        }
    }

    @Test("gives memory back: a chain of products needs two buffers, however long it is")
    func reuse() throws {
        func need(_ length: Int) throws -> Int {
            let type = TensorType(.f32, [64, 64])
            let program = try Program.of([type]) { inputs in
                [(0..<length).reduce(inputs[0]) { product, _ in matmul(product, inputs[0]) }]
            }
            return try CompiledProgram(program).arenaByteCount
        }
        #expect(try need(40) == need(4))
    }

    @Test("lets one program run in several threads at once")
    func threads() async throws {
        let function = RandomFunction(seed: 5, length: 30)
        let program = try CompiledProgram(Program.of(function.inputs) { function($0).results })
        var random = Seeded(9)
        let inputs = (0..<40).map { _ in function.values(&random) }
        let alone = try inputs.map { try program.run($0) }
        let together = try await withThrowingTaskGroup(of: (Int, [TensorValue]).self) { group in
            for (index, values) in inputs.enumerated() { group.addTask { (index, try program.run(values)) } }
            return try await group.reduce(into: [Int: [TensorValue]]()) { $0[$1.0] = $1.1 }
        }
        for (index, expected) in alone.enumerated() { #expect(together[index] == expected) }
    }

    @Test("refuses inputs of another number or type")
    func inputs() throws {
        let program = try CompiledProgram(Program.of([TensorType(.f32, [2])]) { [$0[0] + 1] })
        #expect(throws: ExecutionError.inputCount(expected: 1, found: 0)) { try program.run([]) }
        let wrong = ExecutionError.input(name: "0", expected: TensorType(.f32, [2]), found: TensorType(.f32, [3]))
        #expect(throws: wrong) { try program.run([TensorValue([1, 2, 3] as [Float])]) }
        #expect(throws: wrong) {
            try ReferenceInterpreter().run(program.program, [TensorValue([1, 2, 3] as [Float])])
        }
    }
}
