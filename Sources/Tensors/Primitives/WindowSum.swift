/// The sum of what lies under a window that slides over all axes, at each of its places. Integers wrap. (StableHLO
/// `reduce_window` with `add`, from zero)
///
/// Operand: numbers of any shape, and along each axis a window, a stride, padding (which cuts off where negative), and the
/// distances of neighbouring elements of the operand and of the window. Result: the places along each axis.
///
/// A sum starts at zero and takes the elements in row-major order of the window. Padding and holes add nothing.
package struct WindowSum: Linear {
    package static let name = "reduce_window_sum"
    /// The size of the window along each axis.
    package let window: [Int]
    /// The step of the window.
    package let stride: [Int]
    /// Elements before and after each axis, holes counted; negative ones cut off.
    package let low: [Int]
    package let high: [Int]
    /// The distance of neighbouring elements of the operand.
    package let inputDilation: [Int]
    /// The distance of neighbouring elements of the window.
    package let windowDilation: [Int]

    package init(
        window: [Int],
        stride: [Int],
        low: [Int],
        high: [Int],
        inputDilation: [Int],
        windowDilation: [Int]
    ) {
        self.window = window
        self.stride = stride
        self.low = low
        self.high = high
        self.inputDilation = inputDilation
        self.windowDilation = windowDilation
    }

    private static let names = [
        "window_dimensions", "window_strides", "padding_low", "padding_high", "base_dilations", "window_dilations",
    ]

    package var attributes: [Attribute] {
        zip(Self.names, [window, stride, low, high, inputDilation, windowDilation]).map { Attribute($0, $1) }
    }

    package init(attributes: [Attribute]) throws(ProgramError) {
        let names = Self.names
        let reader = try AttributeReader(attributes, of: Self.name, named: names)
        let (steps, edges) = (1...SlidingWindow.longestStep, -SlidingWindow.limit...SlidingWindow.limit)
        window = try reader.integers(names[0], in: steps)
        stride = try reader.integers(names[1], in: steps)
        low = try reader.integers(names[2], in: edges)
        high = try reader.integers(names[3], in: edges)
        inputDilation = try reader.integers(names[4], in: steps)
        windowDilation = try reader.integers(names[5], in: steps)
    }

    /// How the window slides along each axis.
    package func windows(_ shape: Shape) -> [SlidingWindow] {
        (0..<shape.rank).map { axis in
            SlidingWindow(
                size: shape[axis],
                window: window[axis],
                stride: stride[axis],
                low: low[axis],
                high: high[axis],
                dilation: inputDilation[axis],
                windowDilation: windowDilation[axis]
            )
        }
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 1, operands[0].element != .bool else {
            throw ShapeError(Self.name, operands, "takes one operand of numbers")
        }
        let shape = operands[0].shape
        let settings = [window, stride, low, high, inputDilation, windowDilation]
        guard settings.allSatisfy({ $0.count == shape.rank }) else {
            throw ShapeError(Self.name, operands, "the window, its strides, padding and dilations must name each axis")
        }
        var places: [Int] = []
        for (axis, window) in windows(shape).enumerated() {
            guard let count = window.count else {
                throw ShapeError(Self.name, operands, "a window of \(window.window) cannot slide along axis \(axis)")
            }
            places.append(count)
        }
        return [TensorType(operands[0].element, Shape(places))]
    }

    /// The adjoint is a sum of the same kind: dy with holes for the strides, under the same window.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard let cotangent = cotangents[0] else { return [nil] }
        guard cotangent.shape.count > 0, operands[0].shape.count > 0 else { return [operands[0].filled(0)] }
        var before: [Int] = []
        var after: [Int] = []
        for (axis, slide) in windows(operands[0].shape).enumerated() {
            let dilated = SlidingWindow.dilated(cotangent.shape[axis], by: stride[axis])
            before.append(slide.dilatedWindow - low[axis] - 1)
            after.append(slide.dilatedSize + slide.dilatedWindow - 1 - dilated - before[axis])
        }
        let adjoint = WindowSum(
            window: window,
            stride: inputDilation,
            low: before,
            high: after,
            inputDilation: stride,
            windowDilation: windowDilation
        )
        return [Trace.apply(adjoint, [cotangent])[0]]
    }

    /// Over lanes the window has one element.
    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        let sum = WindowSum(
            window: [1] + window,
            stride: [1] + stride,
            low: [0] + low,
            high: [0] + high,
            inputDilation: [1] + inputDilation,
            windowDilation: [1] + windowDilation
        )
        return Trace.apply(sum, [operands[0].tensor]).map { Batched($0, hasLanes: true) }
    }
}
