import Execution
import Networks
import Tensors
import Testing

@Suite("Layers for images")
struct ImageLayerTests {
    private func numbers(_ shape: Shape, _ factor: Int) -> TensorValue {
        TensorValue((0..<shape.count).map { Float($0 * factor % 17 - 8) / 8 }, shape: shape)
    }

    @Test("rows become images, are convolved, normalised, pooled and flattened as image_golden.py has it")
    func forward() throws {
        let model = Sequential {
            ImageShape([4, 4, 1])
            Convolution2D(2)
            BatchNorm()
            MaxPool()
            Flatten()
        }
        let names = ["layers.1.weight", "layers.1.bias", "layers.2.gamma", "layers.2.beta"]
        let inputs = [
            numbers([2, 16], 7), numbers([3, 3, 1, 2], 5), TensorValue([0.5, -0.25] as [Float]),
            TensorValue([1.5, -2] as [Float]), TensorValue([0.125, 1] as [Float]),
        ]
        let program = try Program.trace(inputs.enumerated().map { Port("\($0)", $1.type) }) { inputs in
            ["y": model(inputs[0], Parameters(names: names, tensors: Array(inputs[1...])))]
        }
        let found = try CompiledProgram(program).run(inputs)[0]
        #expect(found.shape == [2, 8])
        let golden = [
            1.2776046774678833, 3.0482938515392544, 2.379257893685693, 3.633894135833821,
            3.282613530984297, 2.9228080763332756, 1.9385966071985692, 2.086236241626752,
            0.5505135547641289, 1.2496644069202283, 1.2776046774678833, 1.7516075077441424,
            2.0707949931447063, 3.5502369523631683, 3.282613530984297, 2.9228080763332756,
        ]
        // Some dozens of f32 roundings of numbers around 1.
        for (f, g) in zip(found.floats, golden) { #expect(abs(Double(f) - g) < 2e-6, "\(f), \(g)") }
    }

    @Test("the output of batch norm has mean β and deviation γ in each channel, whatever came in")
    func normalised() throws {
        for seed in 0..<10 as Range<UInt64> {
            let type = TensorType(.f32, [8, 3, 5, 2])
            let program = try Program.trace([Port("x", type), Port("key", TensorType(.u32, [2]))]) { inputs in
                let layer = BatchNorm()
                let y = layer(inputs[0], layer.parameters(for: [3, 5, 2], key: Key(inputs[1])))
                return ["mean": y.mean(over: [0, 1, 2]), "square": (y * y).mean(over: [0, 1, 2])]
            }
            let words = RandomKey(seed: seed).bits(type.shape.count)
            let x = TensorValue(words.map { Float($0 >> 8) * 0x1p-20 + 3 }, shape: type.shape)
            let found = try CompiledProgram(program).run([x, RandomKey(seed: 1).value])
            #expect(found[0].floats.allSatisfy { abs($0) < 1e-5 }, "seed \(seed)")
            #expect(found[1].floats.allSatisfy { abs($0 - 1) < 1e-4 }, "seed \(seed)")
        }
    }

    @Test("say what comes out and what they learn")
    func shapes() throws {
        let model = try Sequential([
            LayerSpecification("image", ["shape": [28, 28, 1]]),
            LayerSpecification("conv", ["filters": 8, "kernel": 5, "stride": 2]),
            LayerSpecification("batch_norm"), LayerSpecification("relu"), LayerSpecification("max_pool"),
            LayerSpecification("conv", ["filters": 4, "padding": "valid", "groups": 2]),
            LayerSpecification("flatten"), LayerSpecification("dense", ["units": 10]),
        ])
        #expect(model.usesBatchStatistics)
        #expect(!Sequential { Dense(3) }.usesBatchStatistics)
        #expect(try model.outputShape(for: [784]) == [10])
        let program = try Program.trace([Port("x", TensorType(.f32, [3, 784])), Port("key", TensorType(.u32, [2]))]) {
            let parameters = try model.parameters(for: [784], key: Key($0[1]))
            return [(name: "y", tensor: model($0[0], parameters))]
                + parameters.outputs
        }
        let expected: [(String, [Int])] = [
            ("y", [3, 10]), ("layers.1.weight", [5, 5, 1, 8]), ("layers.1.bias", [8]), ("layers.2.gamma", [8]),
            ("layers.2.beta", [8]), ("layers.5.weight", [3, 3, 4, 4]), ("layers.5.bias", [4]),
            ("layers.7.weight", [100, 10]), ("layers.7.bias", [10]),
        ]
        #expect(program.outputs == expected.map { Port($0, TensorType(.f32, Shape($1))) })
    }

    @Test("are written as they are read, without what is the default")
    func specifications() throws {
        let full = LayerSpecification(
            "conv",
            ["filters": 8, "kernel": 3, "stride": 1, "padding": "same", "groups": 1]
        )
        #expect(try LayerTable.layer(full).specification == LayerSpecification("conv", ["filters": 8]))
        let pool = LayerSpecification("max_pool", ["window": 3, "stride": 3, "padding": "valid"])
        #expect(try LayerTable.layer(pool).specification == LayerSpecification("max_pool", ["window": 3]))
        let others = [
            LayerSpecification("conv", ["filters": 8, "kernel": 5, "stride": 2, "padding": "valid", "groups": 4]),
            LayerSpecification("max_pool", ["window": 3, "stride": 2, "padding": "same"]),
            LayerSpecification("batch_norm", ["epsilon": 0.001]), LayerSpecification("batch_norm"),
            LayerSpecification("flatten"), LayerSpecification("image", ["shape": [8, 8, 1]]),
        ]
        for specification in others {
            #expect(try LayerTable.layer(specification).specification == specification)
        }
    }

    @Test("that cannot be say which setting, or what they need")
    func mistakes() {
        let whole = "must be a whole number from 1 to"
        let settings: [(LayerSpecification, String)] = [
            (LayerSpecification("conv"), "layer 'conv', setting 'filters': is missing"),
            (
                LayerSpecification("conv", ["filters": 8, "kernel": [3, 3]]),
                "layer 'conv', setting 'kernel': is [3, 3], and \(whole) 1000"
            ),
            (
                LayerSpecification("conv", ["filters": 8, "padding": "full"]),
                "layer 'conv', setting 'padding': is 'full', and must be same or valid"
            ),
            (
                LayerSpecification("conv", ["filters": 8, "groups": 3]),
                "layer 'conv', setting 'groups': is 3, and must divide the 8 filters"
            ),
            (
                LayerSpecification("image", ["shape": [28, 28]]),
                "layer 'image', setting 'shape': is [28, 28], and must be a list of 3 whole numbers from 1 to 100000"
            ),
            (
                LayerSpecification("batch_norm", ["epsilon": 0]),
                "layer 'batch_norm', setting 'epsilon': is 0, and must be a number above 0"
            ),
        ]
        for (specification, text) in settings {
            let error = #expect(throws: LayerError.self) { try LayerTable.layer(specification) }
            #expect(error?.description == text)
        }
        let inputs: [(any Layer, Shape, String)] = [
            (ImageShape([4, 4, 1]), [15], "an image of [4, 4, 1] has 16 numbers, not 15"),
            (
                Convolution2D(2), [16],
                "it needs images [height, width, channels]; flat rows become images by {image: [28, 28, 1]}"
            ),
            (Convolution2D(4, groups: 2), [4, 4, 3], "2 groups must divide the 3 channels"),
            (
                MaxPool(5), [4, 4, 1],
                "its window of 5 by 5 does not fit into the image; padding: same makes room"
            ),
            (BatchNorm(), [], "it needs an axis of channels"),
        ]
        for (layer, shape, reason) in inputs {
            let name = layer.specification.name
            let error = #expect(throws: LayerError.self) { try layer.outputShape(for: shape) }
            #expect(error?.description == "layer '\(name)' cannot take examples of shape \(shape): \(reason)")
        }
    }
}
