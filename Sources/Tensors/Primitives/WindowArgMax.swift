/// Where the largest element under a window lies, at each of the places of the window, `i32`; the first of equals, and NaN
/// counts as the largest. (ours; in StableHLO a `reduce_window` of pairs)
///
/// Operand: `[batch, spatial…, channels]`; result: `[batch, places…, channels]`, positions in row-major order of one
/// example's `[spatial…, channels]`. Padding never wins, and is narrower than the window, so that there is always a winner.
package struct WindowArgMax: Discrete {
    package static let name = "window_argmax"
    /// The sizes of the window, one for each spatial axis.
    package let window: [Int]
    package let stride: [Int]
    package let low: [Int]
    package let high: [Int]

    package init(window: [Int], stride: [Int], low: [Int], high: [Int]) {
        self.window = window
        self.stride = stride
        self.low = low
        self.high = high
    }

    private static let names = ["window_dimensions", "window_strides", "padding_low", "padding_high"]

    package var attributes: [Attribute] { zip(Self.names, [window, stride, low, high]).map { Attribute($0, $1) } }

    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: Self.names)
        self.init(
            window: try reader.integers(Self.names[0], in: 1...(1 << 40)),
            stride: try reader.integers(Self.names[1], in: 1...(1 << 40)),
            low: try reader.sizes(Self.names[2]),
            high: try reader.sizes(Self.names[3])
        )
    }

    /// How the window slides along each spatial axis.
    package func windows(_ shape: Shape) -> [SlidingWindow] {
        window.indices.map { axis in
            SlidingWindow(
                size: shape[axis + 1],
                window: window[axis],
                stride: stride[axis],
                low: low[axis],
                high: high[axis]
            )
        }
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 1, operands[0].element != .bool, !window.isEmpty,
            operands[0].shape.rank == window.count + 2,
            [stride, low, high].allSatisfy({ $0.count == window.count })
        else {
            throw ShapeError(
                Self.name,
                operands,
                "takes numbers [batch, spatial…, channels] and a size, stride and padding for each spatial axis"
            )
        }
        let shape = operands[0].shape
        guard shape.sizes.dropFirst().reduce(1, { $0.multipliedClamped(by: $1) }) <= Int(Int32.max) else {
            throw ShapeError(Self.name, operands, "an example has more than \(Int32.max) elements")
        }
        var places: [Int] = []
        for (axis, slide) in windows(shape).enumerated() {
            guard slide.size >= 1, slide.low < slide.window, slide.high < slide.window, slide.low >= 0, slide.high >= 0,
                let count = slide.count
            else {
                throw ShapeError(
                    Self.name,
                    operands,
                    "along spatial axis \(axis) there must be an element, and padding narrower than the window of "
                        + "\(slide.window)"
                )
            }
            places.append(count)
        }
        return [TensorType(.i32, Shape([shape[0]] + places + [shape[-1]]))]
    }

    /// Lanes are more of the batch.
    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        let tensor = operands[0].tensor
        let sizes = tensor.shape.sizes
        let merged = tensor.reshaped(Shape([lanes * sizes[1]] + sizes.dropFirst(2)))
        return Trace.apply(self, [merged]).map { result in
            Batched(result.reshaped(Shape([lanes, sizes[1]] + result.shape.sizes.dropFirst())), hasLanes: true)
        }
    }
}
