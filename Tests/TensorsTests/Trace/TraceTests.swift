import Execution
import Testing

@testable import Tensors

private let vector = Port("x", TensorType(.f32, [2]))

private func trace(_ inputs: [Port] = [vector], _ body: ([Tensor]) -> [Tensor]) throws -> Program {
    try Program.trace(inputs) { tensors in body(tensors).enumerated().map { (name: "\($0)", tensor: $1) } }
}

/// The names of a function's primitives, in order.
private func names(_ program: Program) -> [String] { program.function.nodes.map(\.primitive.name) }

@Suite("Traces")
struct TraceTests {
    @Test("a traced loop is the program of the description: captures first, literals written in the body")
    func goldenLoop() throws {
        let vector = TensorType(.f32, [2])
        // As it is written, before any pass.
        let trace = Trace(from: SourceLine(#fileID, #line))
        let inputs = [vector, vector, TensorType(.f32, [5, 2])].map { trace.parameter($0) }
        let half = inputs[0].filled(0.5)
        let loop = scan(inputs[1], over: inputs[2]) { carry, x in
            let next = carry + inputs[0] * x
            return (next, next * half)
        }
        let program = try Program(
            inputs: ["w", "start", "xs"],
            outputs: ["last", "all"],
            function: trace.function(returning: [loop.carry, loop.outputs]).function
        )
        let golden = try #require(try Golden.read().programs["traced loop"])
        #expect(program.flat == golden.flat)
        #expect(program.hash.description == golden.hash)  // a digest of another process: tracing depends on none
    }

    @Test("comparisons have the numbers of Proto/program.proto")
    func comparisons() throws {
        let program = try trace { x in
            [x[0] .== x[0], x[0] .!= x[0], x[0] .< x[0], x[0] .<= x[0], x[0] .> x[0], x[0] .>= x[0]]
        }
        #expect(
            program.function.nodes.flatMap(\.primitive.attributes)
                == (0..<6).map {
                    Attribute("comparison_direction", $0)
                }
        )
    }

    @Test("equal nodes are one, and what the outputs do not need is dropped")
    func sharing() throws {
        let plain = try trace { x in [(x[0] * x[0]).tanh()] }
        let wasteful = try trace { x in
            let unused = x[0].exponential() * 3
            _ = unused.sum()
            _ = scan(x[0], count: 4) { carry, _ in (carry + unused, carry) }
            _ = gradient(at: x[0]) { ($0 * unused).sum() }
            let square = x[0] * x[0]
            _ = (x[0] * x[0]).tanh()
            return [square.tanh()]
        }
        #expect(names(plain) == ["multiply", "tanh"])
        #expect(wasteful.hash == plain.hash && wasteful == plain)
    }

    @Test("what a loop's body does not need is not captured")
    func captures() throws {
        let used = try trace([vector, Port("y", vector.type)]) { x in
            [scan(x[0], count: 3) { carry, _ in (carry * x[1], Nothing()) }.carry]
        }
        let wasteful = try trace([vector, Port("y", vector.type)]) { x in
            [
                scan(x[0], count: 3) { carry, _ in
                    _ = carry + x[0].tanh()
                    return (carry * x[1], Nothing())
                }.carry
            ]
        }
        #expect(used == wasteful)
    }

    @Test("a loop or transform of outer tensors may use those of the body around it")
    func innerCaptures() throws {
        let ports = [vector, Port("w", vector.type), Port("table", TensorType(.f32, [3, 2]))]
        let inside: [(Tensor, [Tensor]) -> Tensor] = [
            { inner, i in scan(i[1], over: i[2]) { carry, step in (carry + step * inner, Nothing()) }.carry.sum() },
            { inner, i in vmap(i[2]) { $0 * inner }.sum() },
            { inner, i in gradient(at: i[1]) { ($0 * inner).sum() }.sum() },
        ]
        for (index, body) in inside.enumerated() {
            let programs = [
                try trace(ports) { i in [gradient(at: i[0]) { body($0, i) }] },
                try trace(ports) { i in [vmap(i[2]) { body($0, i) }] },
                try trace(ports) { i in [scan(i[0], over: i[2]) { carry, x in (carry * 0.5, body(x, i)) }.outputs] },
            ]
            let values = [TensorValue([1, 2] as [Float]), TensorValue([3, 4] as [Float])]
            let table = TensorValue([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])
            let found = try programs.map { try CompiledProgram($0).run(values + [table])[0].floats }
            // Sums over the table are [9, 12]; w is [3, 4].
            let expected: [[[Float]]] = [
                [[9, 12], [7 + 9 + 24, 7 + 27 + 48, 7 + 45 + 72], [40, 82, 124]],
                [[9, 12], [33, 75, 117], [33, 75, 117]],
                [[1, 1], [3, 7, 11], [3, 7, 11]],
            ]
            #expect(found == expected[index], "\(index)")
        }
    }

    @Test("tracing twice gives the same program, on any thread")
    func determinism() async throws {
        for seed in 0..<20 as Range<UInt64> {
            let here = try RandomProgram.traced(seed: seed, nodes: 30)
            let elsewhere = try await withThrowingTaskGroup(of: Program.self) { group in
                for _ in 0..<4 { group.addTask { try RandomProgram.traced(seed: seed, nodes: 30) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(elsewhere.allSatisfy { $0 == here && $0.hash == here.hash }, "seed \(seed)")
        }
    }

    @Test("operations that change nothing add no node")
    func identities() throws {
        let program = try trace([Port("x", TensorType(.f32, [2, 3]))]) { x in
            let y = x[0].reshaped([2, 3]).transposed([0, 1]).broadcast(to: [2, 3]).converted(to: .f32)
                .sliced(axis: 0, 0..<2).padded(low: [0, 0], high: [0, 0], interior: [0, 0]).sum(over: [])
            return [concatenate([y], axis: 0)]
        }
        #expect(program.function.nodes.isEmpty && program.function.results == [0])
    }

    @Test("a repetition of a repetition is one node")
    func repetitions() throws {
        let program = try trace([Port("x", TensorType(.f32, []))]) { x in
            [x[0].broadcast(to: [3]).broadcast(to: [2, 3]).broadcast(to: [2, 3, 5], axes: [0, 1])]
        }
        #expect(names(program) == ["broadcast_in_dim"])
        #expect(
            program.function.nodes[0].primitive.attributes == [
                Attribute("shape", [2, 3, 5]), Attribute("broadcast_dimensions", []),
            ]
        )
    }

    @Test("operators broadcast as NumPy does")
    func broadcasting() throws {
        let cases: [(Shape, Shape, Shape)] = [
            ([2, 3], [3], [2, 3]), ([2, 1], [1, 3], [2, 3]), ([], [4], [4]), ([5, 1, 2], [3, 1], [5, 3, 2]),
            ([1], [0], [0]), ([0, 1], [1, 3], [0, 3]),
        ]
        for (left, right, result) in cases {
            let program = try trace([Port("a", TensorType(.f32, left)), Port("b", TensorType(.f32, right))]) {
                [$0[0] + $0[1], $0[1] .< $0[0]]
            }
            #expect(program.outputs.map(\.type.shape) == [result, result], "\(left) \(right)")
        }
    }

    @Test("axes count from the end when they are negative")
    func negativeAxes() throws {
        let program = try trace([Port("x", TensorType(.f32, [2, 3, 4]))]) { x in
            [x[0].sum(over: [-1]), x[0].mean(over: [-3, 1]), x[0].argMax(axis: -2), x[0].sliced(axis: -1, 1..<3)]
        }
        #expect(program.outputs.map(\.type.shape) == [[2, 3], [4], [2, 4], [2, 3, 2]])
    }
}
