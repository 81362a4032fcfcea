@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("What is shown of a compiled program")
struct InspectionTests {
    private static func program() throws -> Program {
        let ports = [Port("x", TensorType(.f32, [4, 8])), Port("w", TensorType(.f32, [8, 8]))]
        return try Program.trace(ports) { inputs in
            let loop = scan(inputs[0], count: 3) { carry, _ in
                let product = matmul(carry, inputs[1])
                return ((product + carry).tanh(), product.sum(over: [0]))
            }
            return ["last": loop.carry, "sums": loop.outputs]
        }
    }

    @Test("the plan: a loop is followed by what is inside it, and keeps its carry until that is done")
    func plan() throws {
        let plan = try MemoryPlan(of: Self.program())
        #expect(plan.items.map(\.operation) == ["scan", "dot_general", "add 1, tanh 1", "reduce_sum"])
        #expect(plan.items.map(\.depth) == [0, 1, 1, 1])
        #expect(plan.items[1].types == "f32[4, 8], f32[8, 8] → f32[4, 8]")
        // The two results of the program, in one of which the carry is updated.
        #expect(plan.buffers.filter { $0.byteCount == 128 && $0.items == 0...3 }.count == 2)
        #expect(plan.buffers.contains { $0.items.lowerBound == 1 && $0.byteCount == 128 })
        #expect(plan.portByteCount == 4 * (4 * 8 + 8 * 8 + 4 * 8 + 3 * 8))
    }

    @Test("the plan's text")
    func planText() {
        let plan = MemoryPlan(
            items: [
                MemoryPlan.Item(depth: 0, operation: "scan", types: "f32[8, 8], f32[4, 8] → f32[4, 8]"),
                MemoryPlan.Item(depth: 1, operation: "dot_general", types: "f32[4, 8], f32[8, 8] → f32[4, 8]"),
                MemoryPlan.Item(depth: 1, operation: "add 1, tanh 1", types: "f32[4, 8]"),
            ],
            buffers: [
                MemoryPlan.Buffer(offset: 0, byteCount: 128, items: 0...2),
                MemoryPlan.Buffer(offset: 128, byteCount: 1536, items: 1...1),
            ],
            arenaByteCount: 1664,
            runByteCount: 2000,
            constantByteCount: 64,
            portByteCount: 608
        )
        #expect(
            plan.description == """
                item  operation        types
                   0  scan             f32[8, 8], f32[4, 8] → f32[4, 8]
                   1    dot_general    f32[4, 8], f32[8, 8] → f32[4, 8]
                   2    add 1, tanh 1  f32[4, 8]

                offset  bytes  from item  to item  taken for
                     0    128          0        2  scan
                   128   1536          1        1  dot_general

                memory                   bytes
                arena                     1664
                registers and addresses    336
                constants                   64
                inputs and outputs         608
                total                     2672
                """
        )
    }

    @Test("the plan of any program: the arena is as large as the buffers reach, and no two share a byte at one time")
    func buffers() throws {
        for seed in 0..<100 as Range<UInt64> {
            let function = RandomFunction(seed: seed)
            let program = try Program.of(function.inputs) { function($0).results }
            let plan = try MemoryPlan(of: program)
            let compiled = try CompiledProgram(program)
            #expect(plan.runByteCount == compiled.arenaByteCount, "seed \(seed)")
            #expect(plan.constantByteCount == compiled.plan.constantByteCount)
            #expect(plan.arenaByteCount == plan.buffers.map { $0.offset + $0.byteCount }.max() ?? 0, "seed \(seed)")
            for (index, a) in plan.buffers.enumerated() {
                for b in plan.buffers[..<index] {
                    let sharesBytes = a.offset < b.offset + b.byteCount && b.offset < a.offset + a.byteCount
                    // A buffer may begin with the item with which another ends: it was given back first.
                    let sharesTime = a.items.lowerBound < b.items.upperBound && b.items.lowerBound < a.items.upperBound
                    #expect(!(sharesBytes && sharesTime), "seed \(seed): \(a), \(b)")
                }
            }
        }
    }

    @Test("the profile: a row for each item of the plan, counted as often as it is done, and the same results")
    func profile() throws {
        let program = try Self.program()
        let profile = try Profile(of: program, on: program.sampleInputs(), runs: 3)
        let plan = try MemoryPlan(of: program)
        #expect(profile.rows.map(\.operation) == plan.items.map(\.operation))
        #expect(profile.rows.map(\.count) == plan.items.map { $0.depth == 0 ? 1 : 3 })
        #expect(profile.rows.allSatisfy { $0.microseconds >= 0 } && profile.runs == 3 && profile.microseconds > 0)
        let compiled = try CompiledProgram(program, limits: ExecutionLimits(), outline: Outline())
        #expect(try compiled.run(program.sampleInputs()) == CompiledProgram(program).run(program.sampleInputs()))
    }

    @Test("the profile's text")
    func text() {
        let rows = [
            Profile.Row(depth: 0, operation: "scan", types: "f32[2] → f32[2]", count: 1, microseconds: 1.5),
            Profile.Row(depth: 1, operation: "add 1, tanh 2", types: "f32[2]", count: 10, microseconds: 12.25),
            Profile.Row(depth: 1, operation: "reduce_sum", types: "f32[2] → f32[]", count: 10, microseconds: 6.25),
        ]
        #expect(
            Profile(rows: rows, runs: 21, microseconds: 25).description == """
                item  operation                types            count     µs      %
                   0  scan                     f32[2] → f32[2]      1   1.50    6.0
                   1    add 1, tanh 2          f32[2]              10  12.25   49.0
                   2    reduce_sum             f32[2] → f32[]      10   6.25   25.0
                      inputs and outputs                                5.00   20.0
                      a run, the median of 21                          25.00  100.0

                all of one kind      count     µs     %
                element-wise chains     10  12.25  49.0
                reduce_sum              10   6.25  25.0
                scan                     1   1.50   6.0
                """
        )
    }

    @Test("a loop's own time is without what is inside it, however deep")
    func ownTimes() {
        #expect(Profile.own([100, 60, 50, 20, 7, 9], depths: [0, 1, 2, 1, 0, 1]) == [20, 10, 50, 20, -2, 9])
        #expect(Profile.own([], depths: []) == [])
    }

    @Test("numbers with a fixed number of digits")
    func numbers() {
        #expect([0, 0.004, 0.005, 1.995, 12.3456].map { $0.fixed(2) } == ["0.00", "0.00", "0.01", "2.00", "12.35"])
        #expect((7.5).fixed(0) == "8")
    }

    @Test("sample inputs: of the types that the program takes, always the same, integers that may be indices")
    func samples() throws {
        let types = ElementType.allCases.map { TensorType($0, [50]) }
        let program = try Program.of(types) { $0 }
        let inputs = program.sampleInputs()
        #expect(
            inputs.map(\.type) == types && inputs == program.sampleInputs() && inputs != program.sampleInputs(seed: 1)
        )
        #expect(inputs[0].floats.allSatisfy { (0..<1).contains($0) } && Set(inputs[0].floats).count > 40)
        #expect(Set(inputs[2].elements(as: Int32.self)) == [0, 1])
    }
}
