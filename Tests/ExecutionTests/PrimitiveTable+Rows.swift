import TestSupport

@testable import Execution
@testable import Tensors

// swift-format-ignore
/// A row for each primitive, held to what `Accuracy.table` says of it.
let rows: [Row] = [
    Row(Absolute.self), Row(Add.self), Row(And.self), Row(Divide.self, near: .positive), Row(Cosine.self, .plain), Row(Sine.self, .plain),
    Row(Exponential.self), Row(ExponentialMinusOne.self), Row(Floor.self), Row(FusedMultiplyAdd.self),
    Row(Log.self, near: .positive), Row(LogPlusOne.self, near: .positive), Row(Logistic.self), Row(Tanh.self),
    Row(Maximum.self), Row(Minimum.self), Row(Multiply.self), Row(Negate.self), Row(Not.self), Row(Or.self),
    Row(ReciprocalSquareRoot.self, near: .positive), Row(Remainder.self), Row(ShiftLeft.self), Row(ShiftRightLogical.self),
    Row(Sign.self), Row(SquareRoot.self, near: .positive), Row(StopGradient.self), Row(Subtract.self), Row(Xor.self),
    Row(ReduceSum.self) { .terms($0) }, Row(ReduceProduct.self, near: .positive) { .ulps(Double($0 + 1)) },
    Row(ReduceMaximum.self, near: .apart) { _ in .exact }, Row(ReduceMinimum.self, near: .apart) { _ in .exact },
    Row(ArgMax.self) { random, purpose in
        let type = random.type(for: purpose, of: .numbers, rank: 1...4)
        guard let axis = (0..<type.shape.rank).first(where: { type.shape[$0] > 0 }) else {
            return .init(primitive: ArgMax(dimension: 0), operands: [random.value(TensorType(.f32, [3, 2]), .any)])
        }
        return .init(primitive: ArgMax(dimension: axis), operands: [random.value(type, purpose == .values ? .any : .apart)])
    },
    Row(BroadcastInDim.self) { random, purpose in
        let type = random.type(for: purpose)
        let axes = (0..<type.shape.rank).filter { _ in random.oneIn(2) }
        let sizes = axes.map { random.oneIn(3) ? 1 : type.shape[$0] }
        return .init(primitive: BroadcastInDim(to: type.shape, dimensions: axes), operands: [random.value(TensorType(type.element, Shape(sizes)), purpose == .values ? .any : .plain)])
    },
    Row(Call.self) { random, purpose in
        let types = [TensorType(.f32, []), TensorType(.f32, [random.integer(1...3)]), TensorType(.i32, [])]
        return .init(primitive: random.oneIn(2) ? Call(callBody(types)) : ruledCall(types), operands: types.map { random.value($0) }, tolerance: .absolute(2e-6))
    },
    Row(Compare.self) { random, purpose in
        let type = random.type(for: purpose)
        return .init(primitive: Compare(random.pick(Compare.Direction.allCases)), operands: [random.value(type, .any), random.value(type, .any)])
    },
    Row(Concatenate.self) { random, purpose in
        let type = random.type(for: purpose, rank: 1...3)
        let axis = random.integer(0...(type.shape.rank - 1))
        let operands = (0..<random.integer(1...3)).map { _ in
            var sizes = type.shape.sizes
            sizes[axis] = random.integer(purpose == .values ? 0...4 : 1...2)
            return random.value(TensorType(type.element, Shape(sizes)))
        }
        return .init(primitive: Concatenate(dimension: axis), operands: operands)
    },
    Row(Conditional.self) { random, purpose in
        let (width, lanes) = (random.integer(1...3), random.pick([[], [], [2], [1, 3], purpose == .values ? [0] : [1]]))
        let types = [TensorType(.f32, []), TensorType(.f32, [width]), TensorType(.f32, [2, width]), TensorType(.i32, [])]
        // With a loop inside, lanes are computed all at once; with many, one after another.
        let nested = random.integer(0...2)
        let (onTrue, onFalse) = (loopBody(Array(types.prefix(3)), more: types[3], nested: nested), otherBody(types))
        let laned = lanes.isEmpty ? [] : types.indices.filter { _ in random.oneIn(2) }
        let operands = types.indices.map { index in
            random.value(laned.contains(index) ? TensorType(types[index].element, Shape(lanes + types[index].shape.sizes)) : types[index])
        }
        return .init(
            primitive: Conditional(onTrue: onTrue, onFalse: onFalse, laned: laned),
            operands: [random.value(TensorType(.bool, Shape(lanes)))] + operands,
            tolerance: .absolute(2e-6))
    },
    Row(Constant.self) { random, purpose in
        let type = random.type(for: .derivatives)
        return .init(primitive: Constant(random.value(TensorType(random.pick(ElementType.allCases), type.shape), .any)), operands: [])
    },
    Row(Convert.self) { random, purpose in
        let type = random.type(for: purpose)
        let target = purpose == .values ? random.pick(ElementType.allCases) : .f64
        return .init(primitive: Convert(to: target), operands: [random.value(type, purpose == .values ? .any : .plain)])
    },
    Row(Convolution.self) { random, purpose in
        let isSmall = purpose == .derivatives
        let axes = (0..<random.integer(1...(isSmall ? 2 : 3))).map { _ in random.window(isSmall: isSmall) }
        let (groups, isBatch) = (random.pick([1, 1, 2, 3]), random.oneIn(2))
        let (images, channels) = (random.integer(1...2), !isSmall && random.oneIn(8) ? random.pick([0, 17, 33]) : random.integer(1...(isSmall ? 2 : 4)))
        let features = !isSmall && random.oneIn(4) ? random.pick([16, 20, 35]) : random.integer(1...2)
        let element: ElementType = purpose == .values && random.oneIn(4) ? .f64 : .f32
        return .init(
            primitive: Convolution(stride: axes.map(\.stride), low: axes.map(\.low), high: axes.map(\.high), inputDilation: axes.map(\.dilation), kernelDilation: axes.map(\.windowDilation), featureGroups: isBatch ? 1 : groups, batchGroups: isBatch ? groups : 1),
            operands: [
                random.value(TensorType(element, Shape([isBatch ? images * groups : random.integer(1...(isSmall ? 2 : 10))] + axes.map(\.size) + [isBatch ? channels : channels * groups]))),
                random.value(TensorType(element, Shape(axes.map(\.window) + [channels, features * groups]))),
            ],
            tolerance: .terms(channels * axes.map(\.window).reduce(1, *)))
    },
    Row(CumulativeSum.self) { random, purpose in
        let type = random.type(for: purpose, of: .numbers, rank: 1...4)
        let axis = random.integer(0...(type.shape.rank - 1))
        return .init(primitive: CumulativeSum(dimension: axis), operands: [random.value(type)], tolerance: .terms(type.shape[axis]))
    },
    Row(DotGeneral.self) { random, purpose in
        let groups = [1, 2, 2, 2].map { random.sizes(random.integer(0...$0), purpose) }  // batch, left, right, contracted
        var axes: [[(label: Int, size: Int)]] = [[], []]
        for (side, free) in [(0, 1), (1, 2)] {
            let labelled = [0, free, 3].flatMap { group in groups[group].enumerated().map { (10 * group + $0.offset, $0.element) } }
            axes[side] = labelled.shuffled(using: &random)
        }
        func places(_ side: Int, _ group: Int, _ order: [Int]) -> [Int] { order.compactMap { place in axes[side].firstIndex { $0.label == 10 * group + place } } }
        let (batch, contracted) = (Array(groups[0].indices), groups[3].indices.shuffled(using: &random))
        let element: ElementType = purpose == .values && random.oneIn(4) ? .f64 : .f32
        return .init(
            primitive: DotGeneral(leftBatch: places(0, 0, batch), rightBatch: places(1, 0, batch), leftContracting: places(0, 3, contracted), rightContracting: places(1, 3, contracted)),
            operands: axes.map { random.value(TensorType(element, Shape($0.map(\.size)))) },
            tolerance: .terms(groups[3].reduce(1, *)))
    },
    Row(Gather.self) { random, purpose in
        let (batch, index, slice) = (random.sizes(random.integer(0...2), purpose), random.sizes(random.integer(0...2), purpose), random.sizes(random.integer(0...2), purpose))
        let (rows, element) = (random.integer(1...4), purpose == .values ? random.pick(ElementType.allCases) : .f32)
        return .init(primitive: Gather(batch: batch.count), operands: [random.value(TensorType(element, Shape(batch + [rows] + slice))), random.indices(Shape(batch + index), below: rows, outside: true)])
    },
    Row(Iota.self) { random, purpose in
        let type = random.type(for: purpose, of: .numbers, rank: 1...4)
        return .init(primitive: Iota(type, dimension: random.integer(0...(type.shape.rank - 1))), operands: [])
    },
    Row(Pad.self) { random, purpose in
        let type = random.type(for: purpose)
        let interior = type.shape.sizes.map { _ in random.integer(0...2) }
        let low = type.shape.sizes.map { _ in random.integer(-2...2) }
        let high = type.shape.sizes.enumerated().map { axis, size in max(random.integer(-2...2), -(size + max(0, size - 1) * interior[axis] + low[axis])) }
        return .init(primitive: Pad(low: low, high: high, interior: interior), operands: [random.value(type), random.value(TensorType(type.element, .scalar))])
    },
    Row(RandomBits.self) { random, purpose in
        let lanes = random.sizes(random.integer(0...2), purpose)
        return .init(primitive: RandomBits(count: random.integer(0...9)), operands: [random.value(TensorType(.u32, Shape(lanes + [2]))), random.value(TensorType(.u32, Shape(lanes + [4])))])
    },
    Row(Reshape.self) { random, purpose in
        let type = random.type(for: purpose)
        let sizes = random.pick([[type.shape.count], type.shape.sizes.reversed(), [1] + type.shape.sizes, type.shape.sizes + [1]])
        return .init(primitive: Reshape(to: Shape(sizes)), operands: [random.value(type)])
    },
    Row(Reverse.self) { random, purpose in
        let type = random.type(for: purpose)
        return .init(primitive: Reverse(dimensions: (0..<type.shape.rank).filter { _ in random.oneIn(2) }), operands: [random.value(type)])
    },
    Row(Scan.self) { random, purpose in
        let (length, width) = (random.integer(purpose == .values ? 0...5 : 1...3), random.integer(1...3))
        let types = [TensorType(.f32, []), TensorType(.f32, [width]), TensorType(.f32, [2, width])]
        let body = loopBody(types)
        return .init(
            primitive: Scan(body: body, length: length, constantCount: 1, carryCount: 1, isReverse: random.oneIn(2)),
            operands: [random.value(types[0]), random.value(types[1]), random.value(TensorType(.f32, [length, 2, width]))],
            tolerance: .absolute(2e-6))
    },
    Row(Scan.self) { random, purpose in
        // One that ends when its carry has grown, maybe before it begins, maybe never.
        let (length, width) = (random.integer(purpose == .values ? 0...6 : 1...4), random.integer(1...3))
        let types = [TensorType(.f32, [width]), TensorType(.f32, [width]), TensorType(.bool, []), TensorType(.f32, [width])]
        let flag = TensorValue([random.oneIn(6)], shape: [])
        return .init(
            primitive: Scan(body: endingBody(types, at: Double(random.integer(0...4)) * 0.3), length: length, constantCount: 1, carryCount: 2, isReverse: random.oneIn(2), until: 1),
            operands: [random.value(types[0]), random.value(types[1]), flag, random.value(TensorType(.f32, [length, width]))],
            tolerance: .absolute(2e-6))
    },
    Row(ScatterAdd.self) { random, purpose in
        let (batch, index, slice) = (random.sizes(random.integer(0...2), purpose), random.sizes(random.integer(0...2), purpose), random.sizes(random.integer(0...2), purpose))
        let rows = random.integer(purpose == .values ? 0...4 : 1...3)
        let element = purpose == .values ? random.pick(ElementType.allCases.filter { $0 != .bool }) : .f32
        return .init(
            primitive: ScatterAdd(batch: batch.count),
            operands: [random.value(TensorType(element, Shape(batch + [rows] + slice))), random.indices(Shape(batch + index), below: rows, outside: true), random.value(TensorType(element, Shape(batch + index + slice)))],
            tolerance: .terms(index.reduce(1, *)))
    },
    Row(Select.self) { random, purpose in
        let type = random.type(for: purpose)
        return .init(primitive: Select(), operands: [random.value(TensorType(.bool, type.shape)), random.value(type), random.value(type)])
    },
    Row(Slice.self) { random, purpose in
        let type = random.type(for: purpose)
        let starts = type.shape.sizes.map { random.integer(0...$0) }
        let limits = type.shape.sizes.enumerated().map { random.integer(starts[$0.offset]...$0.element) }
        return .init(primitive: Slice(starts: starts, limits: limits, strides: starts.map { _ in random.integer(1...3) }), operands: [random.value(type)])
    },
    Row(Sort.self) { random, purpose in
        let type = random.type(for: purpose, rank: 1...4)
        let others = (0..<random.integer(0...2)).map { _ in random.value(TensorType(purpose == .values ? random.pick(ElementType.allCases) : .f32, type.shape)) }
        return .init(primitive: Sort(dimension: random.integer(0...(type.shape.rank - 1))), operands: [random.value(type, purpose == .values ? .any : .apart)] + others)
    },
    Row(WindowArgMax.self) { random, purpose in
        let axes = (0..<random.integer(1...2)).map { _ in (size: random.integer(1...6), window: random.integer(1...3), stride: random.integer(1...3)) }
        let edges = axes.map { axis in (random.integer(0...(axis.window - 1)), random.integer(0...(axis.window - 1))) }
        let type = TensorType(purpose == .values ? random.pick(ElementType.allCases.filter { $0 != .bool }) : .f32, Shape([random.integer(0...3)] + axes.map(\.size) + [random.pick([0, 1, 2, 19])]))
        return .init(primitive: WindowArgMax(window: axes.map(\.window), stride: axes.map(\.stride), low: edges.map(\.0), high: edges.map(\.1)), operands: [random.value(type, purpose == .values ? .any : .apart)])
    },
    Row(WindowSum.self) { random, purpose in
        let isSmall = purpose == .derivatives
        let axes = (0..<random.integer(0...(isSmall ? 2 : 3))).map { _ in random.oneIn(4) ? SlidingWindow(size: random.integer(1...(isSmall ? 2 : 6)), window: 1) : random.window(isSmall: isSmall) }
        return .init(
            primitive: WindowSum(window: axes.map(\.window), stride: axes.map(\.stride), low: axes.map(\.low), high: axes.map(\.high), inputDilation: axes.map(\.dilation), windowDilation: axes.map(\.windowDilation)),
            operands: [random.value(TensorType(isSmall ? .f32 : random.pick(ElementType.allCases.filter { $0 != .bool }), Shape(axes.map(\.size))))],
            tolerance: .terms(axes.map(\.window).reduce(1, *)))
    },
    Row(Transpose.self) { random, purpose in
        let type = random.type(for: purpose)
        return .init(primitive: Transpose((0..<type.shape.rank).shuffled(using: &random)), operands: [random.value(type)])
    },
]

extension Seeded {
    /// How a small window slides along an axis, at times past its ends and through holes.
    fileprivate mutating func window(isSmall: Bool) -> SlidingWindow {
        var window = SlidingWindow(size: integer((isSmall ? 1 : 0)...(isSmall ? 3 : 9)), window: integer(1...3))
        window.stride = integer(1...3)
        (window.dilation, window.windowDilation) = (pick([1, 1, 2, 3]), pick([1, 1, 2]))
        window.low = integer(-2...3)
        window.high = max(integer(-2...3), -(window.dilatedSize + window.low))
        return window
    }
}

/// A body that returns `k sin x`, something of integers, and its own second parameter.
private func callBody(_ types: [TensorType]) -> Function {
    let program = try? Program.of(types) { inputs in
        [inputs[0] * inputs[1].sine(), inputs[2] + inputs[2], inputs[1], inputs[0]]
    }
    guard let program else { preconditionFailure("the body is well formed") }
    return program.function
}

/// That body with its derivatives as a user would give them; the second function may use the results.
private func ruledCall(_ types: [TensorType]) -> Call {
    let body = callBody(types)
    let (values, floats) = (types + body.resultTypes, body.resultTypes.filter(\.element.isFloat))
    let pullback = try? Program.of(values + floats) { given in
        let (k, x, dy) = (given[0], given[1], Array(given.suffix(3)))
        return [(dy[0] * x.sine()).sum() + dy[2], dy[0] * k * x.cosine() + dy[1]]
    }
    let tangents = try? Program.of(values + types.prefix(2)) { given in
        let (k, x, dk, dx) = (given[0], given[5], given[given.count - 2], given[given.count - 1])
        return [dk * x.sine() + k * x.cosine() * dx, dx, dk]
    }
    guard let pullback, let tangents else { preconditionFailure("the rules are well formed") }
    return Call(body, rules: .init(name: "k sin x", pullback: pullback.function, tangents: tangents.function))
}

/// A body with a constant `k`, a carry `c` and a slice `x`: `c' = tanh(k c + Σ x)`, output `c' x`; with more parameters that
/// it does not look at, and so many loops around the first part.
private func loopBody(_ types: [TensorType], more: TensorType? = nil, nested: Int = 0) -> Function {
    function(types + (more.map { [$0] } ?? [])) { inputs in
        var next = inputs[0] * inputs[1] + inputs[2].sum(over: [0])
        for _ in 0..<nested {
            next = scan(next, count: 2) { carry, _ in ((carry * inputs[0]).sine(), Nothing()) }.carry
        }
        next = next.tanh()
        return [next, next * inputs[2]]
    }
}

/// Of the same types as `loopBody`, something else, which no cotangent of the first parameter comes from.
private func otherBody(_ types: [TensorType]) -> Function {
    function(types) { inputs in
        [inputs[1].sine(), inputs[2] * inputs[1] + inputs[3].converted(to: .f32).logistic()]
    }
}

/// A body with a constant `k`, a carry `c`, a flag and a slice `x`: `c' = tanh(k c + x)`, output `c' x`; it ends at `Σ c' > limit`.
private func endingBody(_ types: [TensorType], at limit: Double) -> Function {
    function(types) { inputs in
        let next = (inputs[0] * inputs[1] + inputs[3]).tanh()
        return [next, next.sum() .> limit, next * inputs[3]]
    }
}

private func function(_ types: [TensorType], _ body: @escaping ([Tensor]) -> [Tensor]) -> Function {
    guard let program = try? Program.of(types, body) else { preconditionFailure("the body is well formed") }
    return program.function
}
