import Execution
import Optimizers
import Tensors
import Testing

/// Ten steps on ½ Σ a (x − c)² from the origin, natively; golden.py makes the same in double precision.
private func path(of optimizer: any GradientTransform, steps: Int) throws -> [Float] {
    let program = try Program.trace([Port("x", TensorType(.f32, [3]))]) { inputs in
        let a = inputs[0].constant([1, 2, 5] as [Float], shape: [3])
        let c = inputs[0].constant([1, -1, 2] as [Float], shape: [3])
        var x = Parameters(names: ["x"], tensors: inputs)
        var state = optimizer.start(for: x)
        for _ in 0..<steps {
            let gradient = gradient(at: x) { x in
                let miss = x["x"] - c
                return (a * miss * miss * 0.5).sum()
            }
            x = optimizer.step(x, gradient: gradient, state: &state)
        }
        return ["x": x["x"]]
    }
    return try CompiledProgram(program).run([TensorValue([0, 0, 0] as [Float])])[0].floats
}

/// f32 keeps 7 digits; ten steps lose at most one of them here.
private func expectClose(_ found: [Float], _ expected: [Double], tolerance: Double = 2e-6) {
    #expect(found.count == expected.count)
    for (f, e) in zip(found, expected) { #expect(abs(Double(f) - e) <= tolerance * max(1, abs(e))) }
}

@Suite("Optimisers")
struct OptimizerTests {
    @Test("Adam's first and tenth step are those of Kingma and Ba's algorithm 1")
    func adamSteps() throws {
        expectClose(try path(of: adam(rate: 0.1), steps: 1), [0.099999999, -0.0999999995, 0.0999999999])
        expectClose(
            try path(of: adam(rate: 0.1), steps: 10),
            [0.9237508393802447, -0.9237508443930877, 0.9754131637631394]
        )
    }

    @Test("momentum's tenth step is that of the running sum")
    func momentumSteps() throws {
        expectClose(
            try path(of: sgd(rate: 0.05, momentum: 0.9), steps: 10),
            [1.310922910669629, -1.5887893888, 1.3149299365361329]
        )
    }

    @Test("plain descent is momentum of zero")
    func plainSteps() throws {
        expectClose(
            try path(of: sgd(rate: 0.05), steps: 10),
            [0.4012630607616211, -0.6513215599000001, 1.8873729705810547]
        )
        #expect(
            try path(of: sgd(rate: 0.05), steps: 10) == path(of: Momentum(0).then(ScaleByRate(0.05)), steps: 10)
        )
    }

    @Test("a chain keeps each link's state below its own name")
    func chainState() throws {
        let program = try Program.trace([Port("w", TensorType(.f32, [2]))]) { inputs in
            let state = Momentum(0.9).then(ScaleByAdam()).start(for: Parameters(names: ["w"], tensors: inputs))
            return state.outputs
        }
        #expect(
            program.outputs.map(\.name) == [
                "0.velocity.w", "1.mean-weight", "1.square-weight", "1.mean.w", "1.square.w",
            ]
        )
    }
}
