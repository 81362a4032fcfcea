import Tensors
import TestSupport
import Testing

private func f32(_ sizes: Int...) -> TensorType { TensorType(.f32, Shape(sizes)) }

/// A convolution with strides and little else.
private func sliding(_ strides: Int..., low: Int = 0, features: Int = 1, batch: Int = 1) -> Convolution {
    let (zeros, ones) = (strides.map { _ in 0 }, strides.map { _ in 1 })
    return Convolution(
        stride: strides,
        low: strides.map { _ in low },
        high: zeros,
        inputDilation: ones,
        kernelDilation: ones,
        featureGroups: features,
        batchGroups: batch
    )
}
private func i32(_ sizes: Int...) -> TensorType { TensorType(.i32, Shape(sizes)) }
private func u32(_ sizes: Int...) -> TensorType { TensorType(.u32, Shape(sizes)) }
private func bool(_ sizes: Int...) -> TensorType { TensorType(.bool, Shape(sizes)) }

@Suite("Shape rules")
struct ShapeRuleTests {
    private struct Row {
        let primitive: any Primitive
        let operands: [TensorType]
        let text: String

        init(_ primitive: any Primitive, _ operands: [TensorType], _ text: String) {
            self.primitive = primitive
            self.operands = operands
            self.text = text
        }
    }

    /// A row for each way in which operands can be wrong.
    private func rows() throws -> [Row] {
        let differ = "the operands' types differ"
        let numbers = "is defined for f32, f64, i32, u32, u8 only"
        let floats = "is defined for f32, f64 only"
        let logical = "is defined for bool, i32, u32, u8 only"
        let integers = "is defined for i32, u32, u8 only"
        var rows: [Row] = []
        let unary: [(any Primitive, TensorType, String)] = [
            (Absolute(), bool(2), numbers), (Sign(), bool(2), numbers), (Negate(), bool(2), numbers),
            (Floor(), i32(2), floats), (Exponential(), i32(2), floats), (Log(), i32(2), floats),
            (Tanh(), i32(2), floats), (Logistic(), i32(2), floats), (SquareRoot(), i32(2), floats),
            (ReciprocalSquareRoot(), i32(2), floats), (Sine(), i32(2), floats), (Cosine(), i32(2), floats),
            (ExponentialMinusOne(), i32(2), floats), (LogPlusOne(), i32(2), floats), (Not(), f32(2), logical),
        ]
        for (primitive, type, reason) in unary {
            rows.append(Row(primitive, [type], "\(primitive.name)(\(type)): \(reason)"))
            rows.append(Row(primitive, [], "\(primitive.name)(): takes one operand"))
        }
        rows.append(Row(StopGradient(), [f32(2), f32(2)], "stop_gradient(f32[2], f32[2]): takes one operand"))
        let binary: [(any Primitive, TensorType, String)] = [
            (Add(), bool(2), numbers), (Subtract(), bool(2), numbers), (Multiply(), bool(2), numbers),
            (Divide(), bool(2), numbers), (Maximum(), bool(2), numbers), (Minimum(), bool(2), numbers),
            (Remainder(), f32(2), integers), (ShiftLeft(), f32(2), integers), (ShiftRightLogical(), bool(2), integers),
            (And(), f32(2), logical), (Or(), f32(2), logical), (Xor(), f32(2), logical),
        ]
        for (primitive, type, reason) in binary {
            let name = primitive.name
            rows.append(Row(primitive, [type, type], "\(name)(\(type), \(type)): \(reason)"))
            rows.append(Row(primitive, [i32(2), i32(3)], "\(name)(i32[2], i32[3]): \(differ)"))
            rows.append(Row(primitive, [i32(2), u32(2)], "\(name)(i32[2], u32[2]): \(differ)"))
            rows.append(Row(primitive, [i32(2)], "\(name)(i32[2]): takes 2 operands"))
        }
        rows += [
            Row(FusedMultiplyAdd(), [f32(2), f32(2)], "fma(f32[2], f32[2]): takes 3 operands"),
            Row(FusedMultiplyAdd(), [i32(), i32(), i32()], "fma(i32[], i32[], i32[]): \(floats)"),
            Row(Compare(.less), [f32(2), f32(3)], "compare(f32[2], f32[3]): takes two operands of one type"),
            Row(
                Select(),
                [bool(2), f32(3), f32(3)],
                "select(bool[2], f32[3], f32[3]): takes a condition (bool) and two operands of one type, all of one shape"
            ),
            Row(
                ArgMax(dimension: 1),
                [f32(2, 0)],
                "argmax(f32[2, 0]): takes numbers with 1 to 2147483647 elements along axis 1"
            ),
            Row(
                BroadcastInDim(to: [2, 3], dimensions: [1]),
                [f32(2)],
                "broadcast_in_dim(f32[2]): axis 0 of size 2 does not fit axis 1 of [2, 3]"
            ),
            Row(
                BroadcastInDim(to: [2, 3], dimensions: [1, 0]),
                [f32(3, 2)],
                "broadcast_in_dim(f32[3, 2]): the axes [1, 0] must ascend and lie in 0..<2"
            ),
            Row(
                BroadcastInDim(to: [2, 3], dimensions: []),
                [f32(3)],
                "broadcast_in_dim(f32[3]): takes one operand, and [] must name an axis for each of its"
            ),
            Row(
                Concatenate(dimension: 1),
                [f32(2, 1), f32(3, 1)],
                "concatenate(f32[2, 1], f32[3, 1]): the operands differ along axis 0"
            ),
            Row(
                Concatenate(dimension: 0),
                [f32(2), i32(2)],
                "concatenate(f32[2], i32[2]): the operands' element types or ranks differ"
            ),
            Row(
                Concatenate(dimension: 1),
                [f32(2)],
                "concatenate(f32[2]): takes at least one operand that has axis 1"
            ),
            Row(Constant(TensorValue(scalar: 1.5)), [f32()], "constant(f32[]): takes no operand"),
            Row(Convert(to: .f64), [], "convert(): takes one operand"),
            Row(
                sliding(1, 1),
                [f32(1, 5, 5, 2), i32(3, 3, 2, 4)],
                "convolution(f32[1, 5, 5, 2], i32[3, 3, 2, 4]): takes two operands of one floating-point type"
            ),
            Row(
                sliding(),
                [f32(1, 2), f32(2, 4)],
                "convolution(f32[1, 2], f32[2, 4]): strides, padding and dilations must name each of the spatial axes"
            ),
            Row(
                sliding(1, 1),
                [f32(1, 5, 2), f32(3, 2, 4)],
                "convolution(f32[1, 5, 2], f32[3, 2, 4]): takes x [batch, spatial…, channels] and a kernel "
                    + "[spatial…, channels, features] with 2 spatial axes"
            ),
            Row(
                sliding(1, features: 2, batch: 2),
                [f32(2, 5, 2), f32(3, 1, 4)],
                "convolution(f32[2, 5, 2], f32[3, 1, 4]): has groups of features or of the batch, not both"
            ),
            Row(
                sliding(1),
                [f32(2, 5, 2), f32(3, 1, 4)],
                "convolution(f32[2, 5, 2], f32[3, 1, 4]): x has 2 channels, and the kernel is for 1"
            ),
            Row(
                sliding(1, features: 3),
                [f32(2, 5, 4), f32(3, 1, 3)],
                "convolution(f32[2, 5, 4], f32[3, 1, 3]): x has 4 channels in 3 groups, and the kernel is for 1"
            ),
            Row(
                sliding(1, batch: 2),
                [f32(3, 5, 2), f32(3, 2, 4)],
                "convolution(f32[3, 5, 2], f32[3, 2, 4]): a batch of 3 and 4 features cannot be cut into 1 groups of "
                    + "features and 2 of the batch"
            ),
            Row(
                sliding(1),
                [f32(3, 5, 2), f32(0, 2, 4)],
                "convolution(f32[3, 5, 2], f32[0, 2, 4]): a kernel cannot slide along spatial axis 0"
            ),
            Row(
                sliding(1, low: -6),
                [f32(3, 5, 2), f32(1, 2, 4)],
                "convolution(f32[3, 5, 2], f32[1, 2, 4]): a kernel cannot slide along spatial axis 0"
            ),
            Row(
                sliding(1 << 40, low: 1 << 50),
                [f32(3, 5, 2), f32(1, 2, 4)],
                "convolution(f32[3, 5, 2], f32[1, 2, 4]): a kernel cannot slide along spatial axis 0"
            ),
            Row(
                WindowArgMax(window: [2], stride: [1], low: [0], high: [0]),
                [f32(3, 5)],
                "window_argmax(f32[3, 5]): takes numbers [batch, spatial…, channels] and a size, stride and padding for "
                    + "each spatial axis"
            ),
            Row(
                WindowArgMax(window: [2], stride: [1], low: [0], high: [0]),
                [f32(3, 1 << 30, 2)],
                "window_argmax(f32[3, 1073741824, 2]): an example has more than 2147483647 elements"
            ),
            Row(
                WindowArgMax(window: [2], stride: [1], low: [0], high: [2]),
                [f32(3, 5, 2)],
                "window_argmax(f32[3, 5, 2]): along spatial axis 0 there must be an element, and padding narrower than "
                    + "the window of 2"
            ),
            Row(CumulativeSum(dimension: 1), [f32(2)], "cumulative_sum(f32[2]): takes numbers that have axis 1"),
            Row(
                DotGeneral(leftBatch: [], rightBatch: [], leftContracting: [1], rightContracting: [0]),
                [f32(2, 3), f32(4, 5)],
                "dot_general(f32[2, 3], f32[4, 5]): the contracted sizes 3 and 4 differ"
            ),
            Row(
                DotGeneral(leftBatch: [0], rightBatch: [0], leftContracting: [], rightContracting: []),
                [f32(2, 3), f32(4, 5)],
                "dot_general(f32[2, 3], f32[4, 5]): the batch sizes 2 and 4 differ"
            ),
            Row(
                DotGeneral(leftBatch: [0], rightBatch: [], leftContracting: [], rightContracting: []),
                [f32(2), f32(2)],
                "dot_general(f32[2], f32[2]): both sides must name as many batch and contracting axes"
            ),
            Row(
                DotGeneral(leftBatch: [0], rightBatch: [0], leftContracting: [0], rightContracting: [0]),
                [f32(2), f32(2)],
                "dot_general(f32[2], f32[2]): the axes [0, 0] must be distinct axes of [2]"
            ),
            Row(
                DotGeneral(leftBatch: [], rightBatch: [], leftContracting: [], rightContracting: []),
                [i32(2), i32(2)],
                "dot_general(i32[2], i32[2]): takes two operands of one floating-point type"
            ),
            Row(
                Gather(batch: 1),
                [f32(2, 3), i32(3, 1)],
                "gather(f32[2, 3], i32[3, 1]): takes a tensor and i32 indices that agree in the first 1 axes"
            ),
            Row(
                Gather(batch: 0),
                [f32(0, 3), i32(1)],
                "gather(f32[0, 3], i32[1]): cannot take anything from an axis of size 0"
            ),
            Row(
                ScatterAdd(batch: 0),
                [f32(2, 3), i32(4), f32(4, 2)],
                "scatter_add(f32[2, 3], i32[4], f32[4, 2]): takes a tensor, i32 indices and updates that agree in the "
                    + "first 0 axes and in the slices"
            ),
            Row(
                Iota(bool(2), dimension: 0),
                [],
                "iota(): cannot count along axis 0 of bool[2]"
            ),
            Row(Iota(i32(2), dimension: 1), [], "iota(): cannot count along axis 1 of i32[2]"),
            Row(Iota(i32(2), dimension: 0), [i32()], "iota(i32[]): takes no operand"),
            Row(
                Pad(low: [0], high: [0], interior: [0]),
                [f32(2), i32()],
                "pad(f32[2], i32[]): takes a tensor and a scalar of its element type"
            ),
            Row(
                Pad(low: [0], high: [0], interior: []),
                [f32(2), f32()],
                "pad(f32[2], f32[]): the padding must name each axis"
            ),
            Row(
                Pad(low: [-2], high: [-1], interior: [0]),
                [f32(2), f32()],
                "pad(f32[2], f32[]): axis 0 would have no possible size"
            ),
            Row(
                RandomBits(count: 3),
                [u32(2), u32(3)],
                "random_bits(u32[2], u32[3]): takes a key u32[…, 2] and a counter u32[…, 4]"
            ),
            Row(Reshape(to: [4]), [f32(2, 3)], "reshape(f32[2, 3]): the elements do not fill [4]"),
            Row(
                Reverse(dimensions: [1, 0]),
                [f32(2, 3)],
                "reverse(f32[2, 3]): takes one operand, and the axes [1, 0] must ascend and be its"
            ),
            Row(
                Slice(starts: [1], limits: [4], strides: [1]),
                [f32(3)],
                "slice(f32[3]): 1..<4 does not lie within axis 0 of size 3"
            ),
            Row(
                Slice(starts: [1], limits: [], strides: [1]),
                [f32(3)],
                "slice(f32[3]): takes one operand, and a start, limit and stride for each axis"
            ),
            Row(
                Sort(dimension: 0),
                [f32(2), f32(3)],
                "sort(f32[2], f32[3]): takes operands of one shape that has axis 0, of at most 2147483647 elements"
            ),
            Row(Transpose([0, 0]), [f32(2, 3)], "transpose(f32[2, 3]): [0, 0] is no order of the operand's axes"),
        ]
        for reduction in [
            ReduceSum(dimensions: [2]) as any Reduction, ReduceProduct(dimensions: [2]), ReduceMaximum(dimensions: [2]),
            ReduceMinimum(dimensions: [2]),
        ] {
            let name = reduction.name
            rows.append(Row(reduction, [f32(2, 3)], "\(name)(f32[2, 3]): the axes [2] must ascend and lie in 0..<2"))
            rows.append(Row(reduction, [bool(2, 3, 4)], "\(name)(bool[2, 3, 4]): is not defined for bool"))
            rows.append(Row(reduction, [], "\(name)(): takes one operand"))
        }
        let body = try Function(parameters: [f32(2), i32()], steps: [], results: [0, 1])
        let scan = Scan(body: body, length: 5, constantCount: 0, carryCount: 1, isReverse: false)
        let misfit = try Function(parameters: [f32(2), i32()], steps: [], results: [1])
        rows += [
            Row(
                scan,
                [f32(2)],
                "scan(f32[2]): the body takes 2 and returns 2 values, which does not fit 0 constants and "
                    + "1 carries"
            ),
            Row(scan, [f32(2), i32(4)], "scan(f32[2], i32[4]): operand 1 does not fit the body's i32[] over 5 steps"),
            Row(scan, [f32(3), i32(5)], "scan(f32[3], i32[5]): operand 0 does not fit the body's f32[2] over 5 steps"),
            Row(
                Scan(body: misfit, length: 5, constantCount: 0, carryCount: 1, isReverse: false),
                [f32(2), i32(5)],
                "scan(f32[2], i32[5]): carry 0 starts as f32[2] and goes on as i32[]"
            ),
            Row(
                Scan(body: body, length: 5, constantCount: 0, carryCount: 1, isReverse: false, until: 0),
                [f32(2), i32(5)],
                "scan(f32[2], i32[5]): carry 0 is no flag (bool) that could end the loop"
            ),
            Row(
                Scan(body: body, length: 5, constantCount: 0, carryCount: 1, isReverse: false, until: 1),
                [f32(2), i32(5)],
                "scan(f32[2], i32[5]): carry 1 is no flag (bool) that could end the loop"
            ),
        ]
        let sum = WindowSum(
            window: [2, 1],
            stride: [1, 1],
            low: [0, -9],
            high: [0, 0],
            inputDilation: [1, 1],
            windowDilation: [1, 1]
        )
        let first = try Function(parameters: [f32(2), i32()], steps: [], results: [0])
        let second = try Function(parameters: [f32(2), i32()], steps: [], results: [1])
        let same = Conditional(onTrue: first, onFalse: first)
        rows += [
            Row(sum, [bool(2, 3)], "reduce_window_sum(bool[2, 3]): takes one operand of numbers"),
            Row(
                sum,
                [f32(2)],
                "reduce_window_sum(f32[2]): the window, its strides, padding and dilations must name each axis"
            ),
            Row(sum, [i32(2, 3)], "reduce_window_sum(i32[2, 3]): a window of 1 cannot slide along axis 1"),
            Row(
                same,
                [i32(), f32(2), i32()],
                "conditional(i32[], f32[2], i32[]): takes a predicate (bool) and what the branches take"
            ),
            Row(same, [], "conditional(): takes a predicate (bool) and what the branches take"),
            Row(same, [bool(), f32(2)], "conditional(bool[], f32[2]): the branches take 2 operands"),
            Row(
                same,
                [bool(), f32(3), i32()],
                "conditional(bool[], f32[3], i32[]): operand 1 does not fit the branches' f32[2]"
            ),
            Row(
                Conditional(onTrue: first, onFalse: first, laned: [1]),
                [bool(4), f32(2), i32()],
                "conditional(bool[4], f32[2], i32[]): operand 2 does not fit the branches' i32[4]"
            ),
            Row(
                Conditional(onTrue: first, onFalse: first, laned: [1]),
                [bool(), f32(2), i32()],
                "conditional(bool[], f32[2], i32[]): the operands [1] cannot be those that have lanes"
            ),
            Row(
                Conditional(onTrue: first, onFalse: first, laned: [2]),
                [bool(4), f32(2), i32()],
                "conditional(bool[4], f32[2], i32[]): the operands [2] cannot be those that have lanes"
            ),
            Row(
                Conditional(onTrue: first, onFalse: second),
                [bool(), f32(2), i32()],
                "conditional(bool[], f32[2], i32[]): the branches differ: (f32[2], i32[]) → (f32[2]) and "
                    + "(f32[2], i32[]) → (i32[])"
            ),
        ]
        let (sine, two) = (try function([f32(2)]) { [$0[0].sine()] }, [f32(2), f32(2), f32(2)])
        let given = try function(two) { [$0[2]] }
        rows += [
            Row(Call(sine), [f32(3)], "call(f32[3]): the body takes [f32[2]]"),
            Row(
                Call(sine, rules: .init(name: "s", pullback: sine, tangents: nil)),
                [f32(2)],
                "call(f32[2]): the pullback of 's' does not fit the body"
            ),
            Row(
                Call(sine, rules: .init(name: "s", pullback: try function(two) { [$0[2].sum()] }, tangents: nil)),
                [f32(2)],
                "call(f32[2]): the pullback of 's' does not fit the body"
            ),
            Row(
                Call(sine, rules: .init(name: "s", pullback: given, tangents: sine)),
                [f32(2)],
                "call(f32[2]): the tangents of 's' do not fit the body"
            ),
        ]
        return rows
    }

    private func function(_ types: [TensorType], _ body: ([Tensor]) -> [Tensor]) throws -> Function {
        try Program.trace(types.enumerated().map { Port("\($0)", $1) }) { inputs in
            body(inputs).enumerated().map { (name: "\($0)", tensor: $1) }
        }.function
    }

    @Test("a shape error says operator, shapes and what does not fit")
    func texts() throws {
        let rows = try rows()
        for row in rows {
            let error = #expect(throws: ShapeError.self, "\(row.text)") {
                try row.primitive.resultTypes(of: row.operands)
            }
            #expect(error?.description == row.text)
            #expect(error?.primitive == row.primitive.name && error?.operands == row.operands)
        }
        #expect(Set(rows.map(\.primitive.name)) == Set(PrimitiveTable.all.map { $0.name }), "a row for each primitive")
    }

    @Test("whatever the operands, a rule gives types or an error that names them, and never traps")
    func anyOperands() throws {
        let golden = try Program(try #require(try Golden.read().programs["every primitive"]).flat)
        var functions = [golden.function]
        var primitives: [(any Primitive, [TensorType])] = []
        while let function = functions.popLast() {
            for node in function.nodes {
                primitives.append((node.primitive, node.operands.map { function.types[$0] }))
                for case .function(let body) in node.primitive.attributes.map(\.value) { functions.append(body) }
            }
        }
        let sizes = [0, 1, 2, 3, 4, 5, 1 << 20, 1 << 46]
        for seed in 0..<300 as Range<UInt64> {
            var random = Seeded(seed)
            for (primitive, right) in primitives {
                var operands = right
                switch Int.random(in: 0..<4, using: &random) {
                case 0: if !operands.isEmpty { operands.removeLast() }
                case 1: operands.append(operands.last ?? f32(2))
                default:
                    guard let place = operands.indices.randomElement(using: &random) else { continue }
                    let element = ElementType.allCases.randomElement(using: &random) ?? .f32
                    let shape = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
                        sizes.randomElement(using: &random) ?? 1
                    }
                    let wrong = TensorType(element, Shape(shape))
                    guard wrong.excess == nil else { continue }
                    operands[place] = wrong
                    if random.oneIn(3) { operands = operands.map { _ in wrong } }
                }
                do throws(ShapeError) {
                    _ = try primitive.resultTypes(of: operands)
                } catch {
                    #expect(error.primitive == primitive.name && error.operands == operands, "seed \(seed)")
                }
            }
        }
    }

    @Test("attributes written by a primitive are read back as the same, and wrong ones are refused by name")
    func attributes() throws {
        let golden = try Program(try #require(try Golden.read().programs["every primitive"]).flat)
        for node in golden.function.nodes {
            let type = try #require(PrimitiveTable.primitive(named: node.primitive.name))
            let attributes = node.primitive.attributes
            #expect(try type.init(attributes: attributes).attributes == attributes)
            let wrong = [
                attributes + [Attribute("more", 1)], attributes.dropLast(), attributes.reversed(),
                attributes.map { Attribute($0.name, .bytes([1])) }, attributes.map { Attribute($0.name, [-1]) },
                attributes.map { Attribute($0.name, [Int.max]) }, attributes.map { Attribute($0.name + "s", $0.value) },
            ].map(Array.init)
            for wrong in wrong where wrong != attributes {
                let result = Result { () throws(ProgramError) in try type.init(attributes: wrong) }
                // An edge of padding may be negative; everything else must have been refused.
                guard case .failure(let error) = result else {
                    #expect(node.primitive.name == "pad" || node.primitive.name == "constant", "\(wrong)")
                    continue
                }
                guard case .attribute(node.primitive.name, _) = error else {
                    Issue.record("\(error)")
                    continue
                }
            }
        }
    }
}
