import Tensors

extension Emission {
    /// Fills the result with elements of the operand, found by strides along the result's axes.
    func move(_ operand: Operand, at start: Int = 0, to result: Operand, strides: [Int]) -> any Step {
        CopyStep(
            from: operand.location(at: start),
            to: result.location,
            sizes: result.type.shape.sizes,
            sourceStrides: strides,
            targetStrides: result.strides,
            elementByteCount: operand.elementByteCount
        )
    }

    func slice(_ primitive: Slice, _ operand: Operand, _ result: Operand) -> any Step {
        let start = zip(primitive.starts, operand.strides).map(*).reduce(0, +)
        // A stride along an axis of one element is never walked, and may be any number.
        let strides = operand.strides.indices.map { axis in
            result.type.shape[axis] > 1 ? operand.strides[axis] * primitive.strides[axis] : 0
        }
        return move(operand, at: start, to: result, strides: strides)
    }

    func reverse(_ primitive: Reverse, _ operand: Operand, _ result: Operand) -> any Step {
        var strides = operand.strides
        var start = 0
        for axis in primitive.dimensions {
            start += max(0, operand.type.shape[axis] - 1) * strides[axis]
            strides[axis].negate()
        }
        return move(operand, at: start, to: result, strides: strides)
    }

    /// The value everywhere, then the elements that are not cut off at their places.
    func pad(_ primitive: Pad, _ operands: [Operand], _ result: Operand) -> [any Step] {
        let (operand, value) = (operands[0], operands[1])
        let fill = move(value, to: result, strides: result.strides.map { _ in 0 })
        var sizes: [Int] = []
        var (source, target) = (0, 0)
        var targetStrides: [Int] = []
        for axis in 0..<operand.type.shape.rank {
            let (low, step) = (primitive.low[axis], primitive.interior[axis] + 1)
            let last = result.type.shape[axis] - 1 - low
            let first = low < 0 ? (-low + step - 1) / step : 0
            let end = last < 0 ? 0 : min(operand.type.shape[axis], last / step + 1)
            guard first < end else { return [fill] }
            sizes.append(end - first)
            source += first * operand.strides[axis]
            target += (low + first * step) * result.strides[axis]
            targetStrides.append(end - first > 1 ? step * result.strides[axis] : 0)  // one element takes no step
        }
        let place = CopyStep(
            from: operand.location(at: source),
            to: result.location(at: target),
            sizes: sizes,
            sourceStrides: operand.strides,
            targetStrides: targetStrides,
            elementByteCount: operand.elementByteCount
        )
        return [fill, place]
    }

    func concatenate(_ primitive: Concatenate, _ operands: [Operand], _ result: Operand) -> [any Step] {
        var start = 0
        return operands.map { operand in
            defer { start += operand.type.shape[primitive.dimension] * result.strides[primitive.dimension] }
            return CopyStep(
                from: operand.location,
                to: result.location(at: start),
                sizes: operand.type.shape.sizes,
                sourceStrides: operand.strides,
                targetStrides: result.strides,
                elementByteCount: operand.elementByteCount
            )
        }
    }

    func gather(_ primitive: Gather, _ operands: [Operand], _ result: Operand) -> any Step {
        let (table, indices) = (operands[0].type.shape, operands[1].type.shape)
        let slice = table.sizes.dropFirst(primitive.batch + 1).reduce(1, *)
        return GatherStep(
            source: operands[0].location,
            indices: operands[1].location,
            target: result.location,
            batch: table.sizes.prefix(primitive.batch).reduce(1, *),
            rows: table[primitive.batch],
            indexCount: indices.sizes.dropFirst(primitive.batch).reduce(1, *),
            sliceByteCount: slice * operands[0].elementByteCount
        )
    }

    func scatterAdd(_ primitive: ScatterAdd, _ operands: [Operand], _ result: Operand) -> [any Step] {
        let (table, indices) = (operands[0].type.shape, operands[1].type.shape)
        return [
            move(operands[0], to: result, strides: operands[0].strides),
            ScatterAddStep(
                element: operands[0].type.element,
                target: result.location,
                indices: operands[1].location,
                updates: operands[2].location,
                batch: table.sizes.prefix(primitive.batch).reduce(1, *),
                rows: table[primitive.batch],
                indexCount: indices.sizes.dropFirst(primitive.batch).reduce(1, *),
                slice: table.sizes.dropFirst(primitive.batch + 1).reduce(1, *)
            ),
        ]
    }

    /// Rows are sorted where they lie; along another axis, they are laid out as rows first and put back afterwards.
    mutating func sort(_ primitive: Sort, _ operands: [Operand], _ results: [Operand]) -> [any Step] {
        let shape = operands[0].type.shape
        let length = shape[primitive.dimension]
        guard shape.count > 0 else { return [] }
        let isLast = primitive.dimension == shape.rank - 1
        let rowsFirst = (0..<shape.rank).filter { $0 != primitive.dimension } + [primitive.dimension]
        var before: [any Step] = []
        var after: [any Step] = []
        var sorted: [SortStep.Operand] = []
        for (operand, result) in zip(operands, results) {
            if isLast {
                sorted.append(
                    SortStep.Operand(
                        source: operand.location,
                        target: result.location,
                        elementByteCount: operand.elementByteCount
                    )
                )
                continue
            }
            let type = TensorType(operand.type.element, Shape(rowsFirst.map { shape[$0] }))
            let rows = Operand(location: temporary(type.byteCount), type: type)
            let ordered = Operand(location: temporary(type.byteCount), type: type)
            before.append(move(operand, to: rows, strides: rowsFirst.map { operand.strides[$0] }))
            var back = [Int](repeating: 0, count: shape.rank)
            for (place, axis) in rowsFirst.enumerated() { back[axis] = ordered.strides[place] }
            after.append(move(ordered, to: result, strides: back))
            sorted.append(
                SortStep.Operand(
                    source: rows.location,
                    target: ordered.location,
                    elementByteCount: operand.elementByteCount
                )
            )
        }
        let step = SortStep(
            keyElement: operands[0].type.element,
            operands: sorted,
            order: temporary(4 * length),
            scratch: temporary(3 * 8 * length),
            rows: shape.count / length,
            length: length
        )
        return before + [step] + after
    }
}
