import Execution
import Networks
import Tensors
import Testing

@Suite("Sequential")
struct SequentialTests {
    private let model = Sequential {
        Dense(3)
        HyperbolicTangent()
        Dense(2)
    }

    @Test("a 2-3-2 network gives the logits and the loss of golden.py")
    func forward() throws {
        let program = try Program.trace([
            Port("x", TensorType(.f32, [2, 2])), Port("w1", TensorType(.f32, [2, 3])),
            Port("b1", TensorType(.f32, [3])), Port("w2", TensorType(.f32, [3, 2])), Port("b2", TensorType(.f32, [2])),
        ]) { inputs in
            let parameters = Parameters(
                names: ["layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"],
                tensors: Array(inputs[1...])
            )
            let logits = model(inputs[0], parameters)
            let labels = logits.constant([1, 0] as [Int32], shape: [2])
            return ["logits": logits, "loss": softmaxCrossEntropy(logits, labels: labels)]
        }
        let outputs = try CompiledProgram(program).run([
            TensorValue([0.5, -1.0, 2.0, 0.25] as [Float], shape: [2, 2]),
            TensorValue([0.1, -0.2, 0.3, 0.4, 0.5, -0.6] as [Float], shape: [2, 3]),
            TensorValue([0.01, -0.02, 0.03] as [Float]),
            TensorValue([1.0, -1.0, 0.5, 0.25, -0.75, 0.5] as [Float], shape: [3, 2]),
            TensorValue([0.2, -0.1] as [Float]),
        ])
        let expected = [-0.8925714385492713, 0.4160487406551636, 0.02238924376666762, -0.24899786487046519]
        // A handful of f32 roundings of numbers around 1.
        for (found, golden) in zip(outputs[0].floats, expected) { #expect(abs(Double(found) - golden) < 5e-7) }
        #expect(abs(Double(outputs[1].floats[0]) - 0.4029002188828025) < 5e-7)
    }

    @Test("the builder and the names of a job file make the same model")
    func specifications() throws {
        let named = try Sequential([
            LayerSpecification("dense", ["units": 3]), LayerSpecification("tanh"),
            LayerSpecification("dense", ["units": 2]),
        ])
        #expect(named.specifications == model.specifications)
        #expect(try named.outputShape(for: [7]) == [2])
    }

    @Test("parameters are named by path, and draw from the key of their name")
    func parameters() throws {
        let program = try Program.trace([Port("key", TensorType(.u32, [2]))]) { inputs in
            let parameters = try model.parameters(for: [5], key: Key(inputs[0]))
            return parameters.outputs
        }
        #expect(
            program.outputs == [
                Port("layers.0.weight", TensorType(.f32, [5, 3])), Port("layers.0.bias", TensorType(.f32, [3])),
                Port("layers.2.weight", TensorType(.f32, [3, 2])), Port("layers.2.bias", TensorType(.f32, [2])),
            ]
        )
        let compiled = try CompiledProgram(program)
        let first = try compiled.run([RandomKey(seed: 1).value])
        #expect(try compiled.run([RandomKey(seed: 1).value]) == first)
        #expect(try compiled.run([RandomKey(seed: 2).value])[0] != first[0])
        let limit = Float((6.0 / 8).squareRoot())
        #expect(first[0].floats.allSatisfy { abs($0) <= limit })
        #expect(Set(first[0].floats).count == 15)
        #expect(first[1].floats == [0, 0, 0])
    }

    @Test("a model that cannot be says which layer, which setting, and what is allowed")
    func mistakes() {
        let cases: [([LayerSpecification], String)] = [
            ([], "a model needs at least one layer"),
            (
                [LayerSpecification("dnse", ["units": 3])],
                "there is no layer 'dnse'. Layers: batch_norm, conv, dense, flatten, image, max_pool, relu, tanh."
            ),
            ([LayerSpecification("dense")], "layer 'dense', setting 'units': is missing"),
            (
                [LayerSpecification("dense", ["units": 2.5])],
                "layer 'dense', setting 'units': is 2.5, and must be a whole number from 1 to 1000000"
            ),
            (
                [LayerSpecification("relu", ["slope": 1])],
                "layer 'relu', setting 'slope': does not exist; it has none"
            ),
        ]
        for (specifications, text) in cases {
            let error = #expect(throws: LayerError.self) { try Sequential(specifications) }
            #expect(error?.description == text)
        }
    }

    @Test("a shape error names the layer")
    func path() {
        let error = #expect(throws: TraceError.self) {
            try Program.trace([Port("x", TensorType(.f32, [4, 9])), Port("key", TensorType(.u32, [2]))]) { inputs in
                let parameters = try model.parameters(for: [5], key: Key(inputs[1]))
                return ["y": model(inputs[0], parameters)]
            }
        }
        #expect(error?.path == ["layers.0 (dense)"])
        let text = "layers.0 (dense): dot_general(f32[4, 9], f32[5, 3]): the contracted sizes 9 and 5 differ"
        #expect(error?.description.hasSuffix(text) == true)
    }
}
