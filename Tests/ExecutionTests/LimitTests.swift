@testable import Execution
@testable import Tensors
import Testing

@Suite("Limits")
struct LimitTests {
    private func refusal(_ program: Program, _ limits: ExecutionLimits) -> String? {
        do throws(ExecutionError) {
            _ = try CompiledProgram(program, limits: limits)
            return nil
        } catch {
            if case .memory(let needed, let allowed) = error { return "\(needed) bytes needed, \(allowed) allowed" }
            guard case .limit(let figure) = error else { return "not a limit: \(error)" }
            return figure
        }
    }

    @Test("of memory refuse a program with the figure in which it fits")
    func memory() throws {
        for seed in 0..<40 as Range<UInt64> {
            let function = RandomFunction(seed: seed)
            let program = try Program.of(function.inputs) { function($0).results }
            let compiled = try CompiledProgram(program)
            let ports = (program.inputs + program.outputs).map(\.type.byteCount).reduce(0, +)
            let total = compiled.arenaByteCount + compiled.plan.constantByteCount + ports
            #expect(refusal(program, ExecutionLimits(memory: total)) == nil)
            let figure = "\(total) bytes needed, \(total - 1) allowed"
            #expect(refusal(program, ExecutionLimits(memory: total - 1)) == figure)
        }
    }

    @Test("of memory refuse one tensor that is too large, as constants, buffers, inputs and outputs")
    func tensors() throws {
        let small = ExecutionLimits(memory: 1 << 20)
        let large: Shape = [1 << 10, 1 << 10]
        let bytes = "f32\(large) needs 4194304 bytes, and 1048576 are allowed"
        let scalar = TensorType(.f32, [])
        #expect(
            refusal(try .of([scalar]) { [$0[0].sine().broadcast(to: large)] }, small)
                == "node 1 (broadcast_in_dim): a tensor of type \(bytes)"
        )
        #expect(
            refusal(try .of([TensorType(.f32, large)]) { [$0[0].sum()] }, small)
                == "parameter 0: a tensor of type \(bytes)"
        )
        let inside = try Program.of([scalar]) { inputs in
            [
                scan(inputs[0], count: 2) { carry, _ in
                    let next = conditional(carry .> 0) {
                        (carry.sine().broadcast(to: large) + 1).sum()
                    } else: {
                        carry
                    }
                    return (next, Nothing())
                }.carry
            ]
        }
        #expect(
            refusal(inside, small)
                == "node 0 (scan), node 2 (conditional), node 1 (broadcast_in_dim): a tensor of type \(bytes)"
        )
        let counted = try Program.of([scalar]) { inputs in
            [(1...20).reduce(inputs[0]) { $0 + inputs[0].iota(.f32, [60_000 + $1], axis: 0).sum() }]
        }
        #expect(refusal(counted, small) == "constants need 1200276 bytes, and 1048576 are allowed")
        let buffers = try Program.of([TensorType(.f32, [50_000])]) { inputs in
            let sorts = (0..<6).map { sorted([inputs[0] * Double($0)], axis: 0)[0] }
            return [sorts.reduce(inputs[0]) { $0 + $1 }]
        }
        let prefix = "the node that makes f32[50000] by sort: buffers need "
        #expect(refusal(buffers, small)?.hasPrefix(prefix) == true)
    }

    @Test("of nodes count those of bodies")
    func nodes() throws {
        let program = try Program.of([TensorType(.f32, [])]) { inputs in
            [scan(inputs[0], count: 3) { carry, _ in (carry.sine().cosine().tanh(), Nothing()) }.carry]
        }
        // The loop, and three inside.
        #expect(refusal(program, ExecutionLimits(nodes: 4)) == nil)
        #expect(refusal(program, ExecutionLimits(nodes: 3)) == "more than 3 nodes")
    }

    @Test("of nodes and trips count what is inside checkpoints")
    func calls() throws {
        let program = try Program.of([TensorType(.f32, [])]) { inputs in
            [checkpoint(inputs[0]) { x in scan(x, count: 3) { carry, _ in (carry.sine(), Nothing()) }.carry }]
        }
        // The checkpoint, the loop, and one inside.
        #expect(refusal(program, ExecutionLimits(nodes: 3)) == nil)
        #expect(refusal(program, ExecutionLimits(nodes: 2)) == "more than 2 nodes")
        #expect(
            refusal(program, ExecutionLimits(trips: 2)) == "node 0 (call), node 0 (scan) would run more than 2 steps"
        )
        let large = try Program.of([TensorType(.f32, [])]) { inputs in
            [checkpoint(inputs[0]) { $0.broadcast(to: [1 << 20]).sine().cumulativeSum(axis: 0).sum() }]
        }
        let bytes =
            "node 0 (call), node 0 (broadcast_in_dim): a tensor of type f32[1048576] needs 4194304 bytes, and 65536 are allowed"
        #expect(refusal(large, ExecutionLimits(memory: 1 << 16)) == bytes)
    }

    @Test("of trips multiply those of loops inside loops, and do not overflow")
    func trips() throws {
        func nested(_ depth: Int, _ length: Int, _ x: Tensor) -> Tensor {
            depth == 0
                ? x.sine() : scan(x, count: length) { carry, _ in (nested(depth - 1, length, carry), Nothing()) }.carry
        }
        let scalar = TensorType(.f32, [])
        let program = try Program.of([scalar]) { [nested(3, 10, $0[0])] }
        #expect(refusal(program, ExecutionLimits(trips: 1000)) == nil)
        let figure = "node 0 (scan), node 0 (scan), node 0 (scan) would run more than 999 steps"
        #expect(refusal(program, ExecutionLimits(trips: 999)) == figure)
        // 8 loops of 2⁹ steps are 2⁷² trips.
        let overflowing = try Program.of([scalar]) { [nested(8, 512, $0[0])] }
        #expect(refusal(overflowing, ExecutionLimits(trips: .max))?.contains("would run more than") == true)
    }

    @Test("of trips count lanes of conditionals, and loops in branches")
    func branches() throws {
        let program = try Program.of([TensorType(.f32, [10])]) { inputs in
            [
                vmap(inputs[0]) { x in
                    conditional(x .> 0) {
                        scan(x, count: 20) { carry, _ in (carry.sine(), Nothing()) }.carry
                    } else: {
                        x
                    }
                }
            ]
        }
        #expect(refusal(program, ExecutionLimits(trips: 200)) == nil)
        let place = program.function.nodes.firstIndex { $0.primitive is Conditional } ?? -1
        #expect(
            refusal(program, ExecutionLimits(trips: 199))
                == "node \(place) (conditional), node 0 (scan) would run more than 199 steps"
        )
        #expect(
            refusal(program, ExecutionLimits(trips: 9)) == "node \(place) (conditional) would run more than 9 steps"
        )
        let ending = try Program.of([TensorType(.f32, [])]) { inputs in
            [scan(inputs[0], count: 1 << 20, until: { $0 .> 3 }) { carry, _ in (carry + 1, Nothing()) }.carry]
        }
        // What it may take counts, not what it takes.
        #expect(
            refusal(ending, ExecutionLimits(trips: 1 << 19))?.hasSuffix("(scan) would run more than 524288 steps")
                == true
        )
    }

    @Test("of inputs keep the stack small")
    func inputs() throws {
        let program = try Program.of([TensorType](repeating: TensorType(.f32, []), count: 4097)) { [$0[0]] }
        #expect(refusal(program, ExecutionLimits()) == "the program has 4097 inputs, and 4096 are allowed")
        let most = try Program.of([TensorType](repeating: TensorType(.f32, []), count: 4096)) { [$0[4095]] }
        let values = (0..<4096).map { TensorValue(scalar: Float($0)) }
        #expect(try CompiledProgram(most).run(values)[0].floats == [4095])
    }
}
