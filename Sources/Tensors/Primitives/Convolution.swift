/// Sums of products over a window that slides over the spatial axes. (StableHLO `convolution`)
///
/// Operands: x `[batch, spatial…, channels]` and a kernel `[spatial…, channels / feature groups, features]` with at least
/// one spatial axis. Result: `[batch / batch groups, places…, features]`. With feature groups, the g-th part of the
/// features is made of the g-th part of the channels; with batch groups, of the g-th part of the batch.
///
/// A sum starts at zero and takes the products in row-major order of the kernel's places, then by channel, each by a fused
/// multiply-add. What lies on padding or in a hole of the dilated x is left out, so that it adds nothing, not even the NaN
/// of an infinite kernel.
package struct Convolution: Bilinear {
    package static let name = "convolution"
    /// The step of the window along each spatial axis.
    package var stride: [Int]
    /// Elements before and after each spatial axis of x, holes counted; negative ones cut off.
    package var low: [Int]
    package var high: [Int]
    /// The distance of neighbouring elements of x along each spatial axis.
    package var inputDilation: [Int]
    /// The distance of neighbouring elements of the kernel along each spatial axis.
    package var kernelDilation: [Int]
    package var featureGroups: Int
    package var batchGroups: Int

    package init(
        stride: [Int],
        low: [Int],
        high: [Int],
        inputDilation: [Int],
        kernelDilation: [Int],
        featureGroups: Int = 1,
        batchGroups: Int = 1
    ) {
        self.stride = stride
        self.low = low
        self.high = high
        self.inputDilation = inputDilation
        self.kernelDilation = kernelDilation
        self.featureGroups = featureGroups
        self.batchGroups = batchGroups
    }

    private static let names = [
        "window_strides", "padding_low", "padding_high", "lhs_dilation", "rhs_dilation", "feature_group_count",
        "batch_group_count",
    ]

    package var attributes: [Attribute] {
        zip(Self.names, [stride, low, high, inputDilation, kernelDilation, [featureGroups], [batchGroups]])
            .map { Attribute($0, $1) }
    }

    package init(attributes: [Attribute]) throws(ProgramError) {
        let names = Self.names
        let reader = try AttributeReader(attributes, of: Self.name, named: names)
        let (steps, edges) = (1...SlidingWindow.longestStep, -SlidingWindow.limit...SlidingWindow.limit)
        stride = try reader.integers(names[0], in: steps)
        low = try reader.integers(names[1], in: edges)
        high = try reader.integers(names[2], in: edges)
        inputDilation = try reader.integers(names[3], in: steps)
        kernelDilation = try reader.integers(names[4], in: steps)
        featureGroups = try reader.integer(names[5], in: steps)
        batchGroups = try reader.integer(names[6], in: steps)
    }

    /// The number of spatial axes.
    package var spatialRank: Int { stride.count }

    /// How the kernel slides along each spatial axis.
    package func windows(_ x: Shape, _ kernel: Shape) -> [SlidingWindow] {
        (0..<spatialRank).map { axis in
            SlidingWindow(
                size: x[axis + 1],
                window: kernel[axis],
                stride: stride[axis],
                low: low[axis],
                high: high[axis],
                dilation: inputDilation[axis],
                windowDilation: kernelDilation[axis]
            )
        }
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 2, operands[0].element == operands[1].element, operands[0].element.isFloat else {
            throw ShapeError(Self.name, operands, "takes two operands of one floating-point type")
        }
        let (x, kernel) = (operands[0].shape, operands[1].shape)
        let settings = [stride, low, high, inputDilation, kernelDilation]
        guard spatialRank >= 1, settings.allSatisfy({ $0.count == spatialRank }) else {
            throw ShapeError(Self.name, operands, "strides, padding and dilations must name each of the spatial axes")
        }
        guard x.rank == spatialRank + 2, kernel.rank == x.rank else {
            throw ShapeError(
                Self.name,
                operands,
                "takes x [batch, spatial…, channels] and a kernel [spatial…, channels, features] with "
                    + "\(spatialRank) spatial axes"
            )
        }
        guard featureGroups >= 1, batchGroups >= 1, featureGroups == 1 || batchGroups == 1 else {
            throw ShapeError(Self.name, operands, "has groups of features or of the batch, not both")
        }
        let (quotient, rest) = x[-1].quotientAndRemainder(dividingBy: featureGroups)
        guard rest == 0, kernel[-2] == quotient else {
            let groups = featureGroups == 1 ? "" : " in \(featureGroups) groups"
            throw ShapeError(
                Self.name,
                operands,
                "x has \(x[-1]) channels\(groups), and the kernel is for \(kernel[-2])"
            )
        }
        guard x[0].isMultiple(of: batchGroups), kernel[-1].isMultiple(of: featureGroups * batchGroups) else {
            throw ShapeError(
                Self.name,
                operands,
                "a batch of \(x[0]) and \(kernel[-1]) features cannot be cut into "
                    + "\(featureGroups) groups of features and \(batchGroups) of the batch"
            )
        }
        var places: [Int] = []
        for (axis, window) in windows(x, kernel).enumerated() {
            guard let count = window.count else {
                throw ShapeError(Self.name, operands, "a kernel cannot slide along spatial axis \(axis)")
            }
            places.append(count)
        }
        return [TensorType(operands[0].element, Shape([x[0] / batchGroups] + places + [kernel[-1]]))]
    }

    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard let cotangent = cotangents[0] else { return [nil, nil] }
        let (x, kernel) = (operands[0], operands[1])
        guard results[0].shape.count > 0, x.shape.count > 0, kernel.shape.count > 0 else {
            return [x.filled(0), kernel.filled(0)]
        }
        return [inputCotangent(cotangent, x, kernel), kernelCotangent(cotangent, x, kernel)]
    }

    /// dx: dy with holes for the strides, under the kernel turned round.
    private func inputCotangent(_ cotangent: Tensor, _ x: Tensor, _ kernel: Tensor) -> Tensor {
        let groups = featureGroups * batchGroups
        let places = Array(0..<spatialRank)
        // [spatial…, channels / g, g, features / g] → [spatial…, features / g, g, channels / g]
        let turned = Trace.apply(Reverse(dimensions: places), [kernel])[0]
            .splitting(axis: spatialRank + 1, by: groups)
            .transposed(places + [2, 1, 0].map { spatialRank + $0 })
            .joining(axis: spatialRank + 1)
        var before: [Int] = []
        var after: [Int] = []
        for (axis, window) in windows(x.shape, kernel.shape).enumerated() {
            let dilated = SlidingWindow.dilated(cotangent.shape[axis + 1], by: stride[axis])
            before.append(window.dilatedWindow - low[axis] - 1)
            after.append(window.dilatedSize + window.dilatedWindow - 1 - dilated - before[axis])
        }
        let backward = Convolution(
            stride: inputDilation,
            low: before,
            high: after,
            inputDilation: stride,
            kernelDilation: kernelDilation,
            featureGroups: groups
        )
        let found = Trace.apply(backward, [cotangent, turned])[0]
        guard batchGroups > 1 else { return found }
        // [batch / g, spatial…, g, channels] → [g, batch / g, spatial…, channels]
        return found.splitting(axis: spatialRank + 1, by: batchGroups)
            .transposed([spatialRank + 1] + Array(0...spatialRank) + [spatialRank + 2])
            .joining(axis: 0)
    }

    /// dk: x under dy, with batch and channels exchanged.
    private func kernelCotangent(_ cotangent: Tensor, _ x: Tensor, _ kernel: Tensor) -> Tensor {
        let middle = Array(1...spatialRank)
        var after: [Int] = []
        for (axis, window) in windows(x.shape, kernel.shape).enumerated() {
            let dilated = SlidingWindow.dilated(cotangent.shape[axis + 1], by: stride[axis])
            after.append(dilated - window.dilatedSize + window.dilatedWindow - low[axis] - 1)
        }
        let backward = Convolution(
            stride: kernelDilation,
            low: low,
            high: after,
            inputDilation: inputDilation,
            kernelDilation: stride,
            featureGroups: batchGroups,
            batchGroups: featureGroups
        )
        let found = Trace.apply(
            backward,
            [
                x.transposed([spatialRank + 1] + middle + [0]),  // [channels, spatial…, batch]
                cotangent.transposed(middle + [0, spatialRank + 1]),  // [places…, batch / g, features]
            ]
        )[0]  // [channels / g, kernel's spatial…, features]
        return found.transposed(middle + [0, spatialRank + 1])
    }

    /// Lanes of x alone are more of the batch, lanes of the kernel alone more features, and lanes of both are groups: of
    /// features if there are some already, else of the batch, which leaves x as it lies.
    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        let (x, kernel) = (operands[0], operands[1])
        guard lanes > 0 else { return nothing(operands) }
        var convolution = self
        let features = spatialRank + 1
        // An axis of lanes at the front becomes part of another axis, its g groups outside of the lanes.
        func merged(_ tensor: Tensor, into axis: Int, groups: Int) -> Tensor {
            tensor.splitting(axis: axis + 1, by: groups)
                .transposed(Array(1...(axis + 1)) + [0] + Array((axis + 2)..<(tensor.rank + 1)))
                .joining(axis: axis + 1).joining(axis: axis)
        }
        func split(_ tensor: Tensor, outOf axis: Int, groups: Int) -> [Batched] {
            let parts = tensor.splitting(axis: axis, by: groups).splitting(axis: axis + 1, by: lanes)
            let order = [axis + 1] + Array(0...axis) + Array((axis + 2)..<(tensor.rank + 2))
            return [Batched(parts.transposed(order).joining(axis: axis + 1), hasLanes: true)]
        }
        switch (x.hasLanes, kernel.hasLanes) {
        case (true, false):
            let batch = merged(x.tensor, into: 0, groups: batchGroups)
            return split(Trace.apply(self, [batch, kernel.tensor])[0], outOf: 0, groups: 1)
        case (false, true):
            let groups = featureGroups * batchGroups
            let more = merged(kernel.tensor, into: features, groups: groups)
            return split(Trace.apply(self, [x.tensor, more])[0], outOf: features, groups: groups)
        default:
            let kernels = merged(kernel.tensor, into: features, groups: 1)
            let inputs: Tensor
            if featureGroups > 1 {
                convolution.featureGroups *= lanes
                inputs = merged(x.tensor, into: features, groups: 1)
            } else {
                convolution.batchGroups *= lanes
                inputs = x.tensor.joining(axis: 0)
            }
            return split(Trace.apply(convolution, [inputs, kernels])[0], outOf: features, groups: 1)
        }
    }

    /// The result for no lanes at all.
    private func nothing(_ operands: [Batched]) -> [Batched] {
        let types = operands.map { operand in
            TensorType(
                operand.tensor.element,
                Shape(Array(operand.tensor.shape.sizes.dropFirst(operand.hasLanes ? 1 : 0)))
            )
        }
        guard let type = try? checkedResultTypes(of: types)[0] else { return [operands[0]] }
        let tensor = operands[0].tensor
        return [Batched(tensor.filled(0, shape: Shape([0] + type.shape.sizes)), hasLanes: true)]
    }
}

extension Tensor {
    /// An axis made two: `parts`, and what is in each.
    fileprivate func splitting(axis: Int, by parts: Int) -> Tensor {
        guard exists else { return self }
        var sizes = shape.sizes
        sizes.replaceSubrange(axis...axis, with: [parts, sizes[axis] / parts])
        return reshaped(Shape(sizes))
    }

    /// An axis and the one after it made one.
    fileprivate func joining(axis: Int) -> Tensor {
        guard exists else { return self }
        var sizes = shape.sizes
        sizes.replaceSubrange(axis...(axis + 1), with: [sizes[axis] * sizes[axis + 1]])
        return reshaped(Shape(sizes))
    }
}
