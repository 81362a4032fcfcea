@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Convolution")
struct ConvolutionTests {
    private func numbers(_ shape: Shape, _ factor: Int) -> TensorValue {
        TensorValue((0..<shape.count).map { Float($0 * factor % 17 - 8) }, shape: shape)
    }

    private func result(
        _ x: TensorValue,
        _ kernel: TensorValue,
        _ body: (Tensor, Tensor) -> Tensor
    ) throws -> TensorValue {
        let program = try Program.of([x.type, kernel.type]) { [body($0[0], $0[1])] }
        let found = try CompiledProgram(program).run([x, kernel])[0]
        #expect(try ReferenceInterpreter().run(program, [x, kernel])[0].value == found)
        return found
    }

    // swift-format-ignore
    @Test("with each attribute gives the numbers of convolution_golden.py")
    func golden() throws {
        let (x, k) = (numbers([1, 4, 5, 2], 7), numbers([2, 3, 2, 2], 5))
        let cases: [(String, TensorValue, TensorValue, (Tensor, Tensor) -> Tensor, Shape, [Float])] = [
            ("plain", x, k, { convolution($0, $1) }, [1, 3, 3, 2], [11, -73, 19, -75, 95, -94, -51, 53, -128, -119, 16, 15, -79, 128, -54, 58, 5, -182]),
            ("stride", x, k, { convolution($0, $1, stride: [2, 1]) }, [1, 2, 3, 2], [11, -73, 19, -75, 95, -94, -79, 128, -54, 58, 5, -182]),
            ("padding", x, k, { convolution($0, $1, padding: .edges(low: [1, -1], high: [-2, 2])) }, [1, 2, 4, 2], [63, 37, 3, 74, -66, 25, -27, -22, 19, -75, 95, -94, 77, 61, -5, 25]),
            ("input dilation", x, k, { convolution($0, $1, padding: .edges(low: [-2, -1], high: [-1, 0]), inputDilation: [2, 1]) }, [1, 3, 2, 2], [-186, 35, -50, -21, 58, -154, 66, 36, -50, 78, -50, -29]),
            ("kernel dilation", x, k, { convolution($0, $1, kernelDilation: [3, 2]) }, [1, 1, 1, 2], [10, 36]),
            ("groups", x, numbers([3, 3, 1, 4], 5), { convolution($0, $1, groups: 2) }, [1, 2, 3, 4], [138, -63, -45, 52, -4, 17, 70, -19, -78, -5, -2, -107, 57, -3, -31, 54, 17, -110, -52, 51, 11, 21, 63, 65]),
            ("batch groups", numbers([2, 3, 3, 2], 7), numbers([2, 2, 2, 4], 5), { convolution($0, $1, batchGroups: 2) }, [1, 2, 2, 4], [107, -7, -67, 31, 13, -34, -10, -83, -22, -54, 70, 29, 20, -30, -77, 0]),
            ("all", numbers([1, 5, 6, 4], 7), numbers([2, 3, 2, 4], 5), {
                convolution($0, $1, stride: [2, 3], padding: .edges(low: [2, -1], high: [1, 4]), inputDilation: [2, 1], kernelDilation: [3, 2], groups: 2)
            }, [1, 5, 2, 4], [0, 0, 0, 0, 0, 0, 0, 0, -2, 20, 126, -78, 24, -6, 28, -49, -81, 34, 63, -48, -35, 0, 14, -49, -75, 48, -51, -69, -9, 6, 0, -49, -1, -74, -63, -73, 17, 12, -14, -49]),
        ]
        for (name, x, k, body, shape, expected) in cases {
            #expect(try result(x, k, body) == TensorValue(expected, shape: shape), "\(name)")
        }
    }

    @Test("leaves out what lies on padding and in holes: an infinite kernel makes no NaN there")
    func nothingFromNothing() throws {
        let x = TensorValue([1, 2, 3] as [Float], shape: [1, 3, 1])
        let kernel = TensorValue([.infinity, 1, .nan] as [Float], shape: [3, 1, 1])
        let body = { (x: Tensor, k: Tensor) in
            convolution(x, k, padding: .edges(low: [2], high: [2]), inputDilation: [3])
        }
        let found = try result(x, kernel, body).floats.map { $0.isNaN ? "nan" : "\($0)" }
        #expect(found == ["nan", "1.0", "inf", "nan", "2.0", "inf", "nan", "3.0", "inf"])
        // A product that vanishes below the least number leaves −0, which a product with nothing would make +0.
        let tiny = TensorValue([-.leastNonzeroMagnitude] as [Float], shape: [1, 1, 1])
        let small = TensorValue([0.25, 1] as [Float], shape: [2, 1, 1])
        let program = try Program.of([tiny.type, small.type]) {
            [convolution($0[0], $0[1], padding: .edges(low: [0], high: [1]))]
        }
        #expect(try CompiledProgram(program).run([tiny, small])[0].floats.map(\.sign) == [.minus])
    }

    @Test("of no channels and of no images is right")
    func empty() throws {
        let none = try result(numbers([2, 3, 3, 0], 7), numbers([2, 2, 0, 3], 5)) { convolution($0, $1) }
        #expect(none == TensorValue([Float](repeating: 0, count: 24), shape: [2, 2, 2, 3]))
        let nobody = try result(numbers([0, 3, 3, 1], 7), numbers([2, 2, 1, 3], 5)) { convolution($0, $1) }
        #expect(nobody == TensorValue([] as [Float], shape: [0, 2, 2, 3]))
        let types = [TensorType(.f32, [0, 3, 3, 1]), TensorType(.f32, [2, 2, 1, 3])]
        let gradients = try Program.of(types) { inputs in
            gradient(at: inputs) { convolution($0[0], $0[1]).sum() }
        }
        let found = try CompiledProgram(gradients).run([numbers([0, 3, 3, 1], 7), numbers([2, 2, 1, 3], 5)])
        #expect(found[1].floats == [Float](repeating: 0, count: 12))
    }

    /// Whole vectors, tiles of twelve rows, borders, a few images and many.
    @Test("in lanes gives the bits of each lane alone, and so do its gradients, with sizes of networks")
    func lanes() throws {
        for seed in 0..<12 as Range<UInt64> {
            var random = Seeded(seed)
            let (size, channels, features) = (
                random.integer(5...16), random.pick([1, 3, 8]), random.pick([4, 16, 40])
            )
            let groups = channels == 8 ? random.pick([1, 2]) : 1
            let stride = random.integer(1...2)
            let types = [
                TensorType(.f32, [random.integer(1...9), size, size, channels]),
                TensorType(.f32, [3, 3, channels / groups, features]),
            ]
            try expectSameInLanes(types, seed: seed) { inputs in
                let body = { (inputs: [Tensor]) in
                    convolution(inputs[0], inputs[1], stride: [stride, stride], padding: .same, groups: groups)
                }
                return [body(inputs)] + gradient(at: inputs) { (body($0) * body($0)).sum() }
            }
        }
    }

    @Test("in lanes of lanes gives the bits of each lane alone")
    func lanesOfLanes() throws {
        for seed in 0..<24 as Range<UInt64> {
            var random = Seeded(seed)
            let (groups, isBatch) = (random.integer(1...2), random.oneIn(2))
            let isShared = random.integer(0...2)
            let single = [
                TensorType(.f32, [2, 5, 4]), TensorType(.f32, [3, isBatch ? 4 : 4 / groups, 6]),
            ]
            let types = single.enumerated().map { index, type in
                index == isShared ? type : TensorType(type.element, Shape([3] + type.shape.sizes))
            }
            try expectSameInLanes(types, seed: seed) { inputs in
                vmap(inputs.indices.filter { $0 != isShared }.map { inputs[$0] }) { own in
                    var rest = own.makeIterator()
                    let operands = inputs.indices.map { $0 == isShared ? inputs[$0] : rest.next() ?? inputs[$0] }
                    return [
                        convolution(
                            operands[0],
                            operands[1],
                            padding: .same,
                            groups: isBatch ? 1 : groups,
                            batchGroups: isBatch ? groups : 1
                        )
                    ]
                }
            }
        }
    }

    @Test("of no lanes is nothing")
    func noLanes() throws {
        let types = [TensorType(.f32, [0, 2, 3, 1]), TensorType(.f32, [0, 2, 1, 2])]
        let program = try Program.of(types) { inputs in
            vmap(inputs) { [convolution($0[0], $0[1]), maxPool($0[0], window: [2])] }
        }
        #expect(program.outputs.map(\.type.shape) == [[0, 2, 2, 2], [0, 2, 1, 1]])
        _ = try CompiledProgram(program).run(types.map { TensorValue([] as [Float], shape: $0.shape) })
    }

    @Test("written with what does not fit is refused in words where it is traced")
    func mistakes() {
        let types = [TensorType(.f32, [1, 4, 4, 2]), TensorType(.f32, [3, 3, 1, 2])]
        let cases: [(String, ([Tensor]) -> Tensor)] = [
            ("x has 2 channels, and the kernel is for 1", { convolution($0[0], $0[1]) }),
            ("strides and dilations must be at least 1", { convolution($0[0], $0[1], stride: [0, 1]) }),
            ("strides and dilations must be at least 1", { convolution($0[0], $0[1], kernelDilation: [1]) }),
            (
                "strides, padding and dilations must name",
                {
                    convolution($0[0], $0[1], padding: .edges(low: [1], high: [1]), groups: 2)
                }
            ),
            ("groups of features or of the batch", { convolution($0[0], $0[1], groups: 0) }),
            ("strides and dilations must be at least 1", { convolution($0[0], $0[1], stride: [.max, 1]) }),
            (
                "a kernel cannot slide along spatial axis 1",
                { convolution($0[0], $0[1], padding: .edges(low: [0, .min], high: [0, .max]), groups: 2) }
            ),
            ("takes x [batch, spatial…, channels]", { convolution($0[0].sum(over: [0]), $0[1]) }),
            ("takes [batch, spatial…, channels]", { maxPool($0[0], window: [2]) }),
            ("takes [batch, spatial…, channels]", { maxPool($0[0], window: [2, 0]) }),
            (
                "padding narrower than the window",
                {
                    maxPool($0[0], window: [2, 2], padding: .edges(low: [2, 0], high: [0, 0]))
                }
            ),
        ]
        for (text, body) in cases {
            let error = #expect(throws: TraceError.self) { try Program.of(types) { [body($0)] } }
            #expect(error?.description.contains(text) == true, "\(error?.description ?? "none")")
        }
    }
}
