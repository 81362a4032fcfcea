/// Products of two tensors summed over common axes. (StableHLO `dot_general`)
///
/// The result has the batch axes, then the left's other axes, then the right's. A sum starts at zero and takes the
/// products in row-major order of the contracting axes, as the left operand names them, each by a fused multiply-add.
package struct DotGeneral: Bilinear {
    package static let name = "dot_general"
    package let leftBatch: [Int]
    package let rightBatch: [Int]
    package let leftContracting: [Int]
    package let rightContracting: [Int]

    package init(leftBatch: [Int], rightBatch: [Int], leftContracting: [Int], rightContracting: [Int]) {
        self.leftBatch = leftBatch
        self.rightBatch = rightBatch
        self.leftContracting = leftContracting
        self.rightContracting = rightContracting
    }

    package var attributes: [Attribute] {
        [
            Attribute("lhs_batching_dimensions", leftBatch), Attribute("rhs_batching_dimensions", rightBatch),
            Attribute("lhs_contracting_dimensions", leftContracting),
            Attribute("rhs_contracting_dimensions", rightContracting),
        ]
    }

    package init(attributes: [Attribute]) throws(ProgramError) {
        let names = [
            "lhs_batching_dimensions", "rhs_batching_dimensions", "lhs_contracting_dimensions",
            "rhs_contracting_dimensions",
        ]
        let reader = try AttributeReader(attributes, of: Self.name, named: names)
        self.init(
            leftBatch: try reader.sizes(names[0]),
            rightBatch: try reader.sizes(names[1]),
            leftContracting: try reader.sizes(names[2]),
            rightContracting: try reader.sizes(names[3])
        )
    }

    /// The left operand's axes that are neither batch nor contracted.
    package func leftFree(rank: Int) -> [Int] {
        (0..<rank).filter { !leftBatch.contains($0) && !leftContracting.contains($0) }
    }

    /// The right operand's axes that are neither batch nor contracted.
    package func rightFree(rank: Int) -> [Int] {
        (0..<rank).filter { !rightBatch.contains($0) && !rightContracting.contains($0) }
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 2, operands[0].element == operands[1].element, operands[0].element.isFloat else {
            throw ShapeError(Self.name, operands, "takes two operands of one floating-point type")
        }
        let (left, right) = (operands[0].shape, operands[1].shape)
        for (axes, shape) in [(leftBatch + leftContracting, left), (rightBatch + rightContracting, right)] {
            guard Set(axes).count == axes.count, axes.allSatisfy({ (0..<shape.rank).contains($0) }) else {
                throw ShapeError(Self.name, operands, "the axes \(axes) must be distinct axes of \(shape)")
            }
        }
        guard leftBatch.count == rightBatch.count, leftContracting.count == rightContracting.count else {
            throw ShapeError(Self.name, operands, "both sides must name as many batch and contracting axes")
        }
        for (l, r) in zip(leftBatch, rightBatch) where left[l] != right[r] {
            throw ShapeError(Self.name, operands, "the batch sizes \(left[l]) and \(right[r]) differ")
        }
        for (l, r) in zip(leftContracting, rightContracting) where left[l] != right[r] {
            throw ShapeError(Self.name, operands, "the contracted sizes \(left[l]) and \(right[r]) differ")
        }
        return [
            TensorType(
                operands[0].element,
                Shape(
                    leftBatch.map { left[$0] } + leftFree(rank: left.rank).map { left[$0] }
                        + rightFree(rank: right.rank).map { right[$0] }
                )
            )
        ]
    }

    /// dA = dY Bᵀ and dB = Aᵀ dY, with the axes put back in their places.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard let cotangent = cotangents[0] else { return [nil, nil] }
        let (left, right) = (operands[0], operands[1])
        let (leftFree, rightFree) = (leftFree(rank: left.rank), rightFree(rank: right.rank))
        let batch = Array(0..<leftBatch.count)
        let leftInResult = Array(batch.count..<(batch.count + leftFree.count))
        let rightInResult = Array((batch.count + leftFree.count)..<results[0].rank)
        let dLeft = dotGeneral(
            cotangent,
            right,
            batch: (batch, rightBatch),
            contracting: (rightInResult, rightFree)
        )  // [batch…, left free…, contracted… in the right's order]
        let dRight = dotGeneral(
            left,
            cotangent,
            batch: (leftBatch, batch),
            contracting: (leftFree, leftInResult)
        )  // [batch…, contracted… in the left's order, right free…]
        let rightOrder = rightContracting.indices.sorted { rightContracting[$0] < rightContracting[$1] }
        let leftOrder = leftContracting.indices.sorted { leftContracting[$0] < leftContracting[$1] }
        let leftAxes = leftBatch + leftFree + rightOrder.map { leftContracting[$0] }
        let rightAxes = rightBatch + leftOrder.map { rightContracting[$0] } + rightFree
        return [dLeft.transposed(places(of: leftAxes)), dRight.transposed(places(of: rightAxes))]
    }

    /// The permutation that puts axis `axes[i]`, now at i, back at its place.
    private func places(of axes: [Int]) -> [Int] {
        axes.indices.map { axis in axes.firstIndex(of: axis) ?? axis }
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        let (left, right) = (operands[0], operands[1])
        let shift = { (axes: [Int], batched: Batched) in batched.hasLanes ? axes.map { $0 + 1 } : axes }
        let both = left.hasLanes && right.hasLanes
        let result = dotGeneral(
            left.tensor,
            right.tensor,
            batch: ((both ? [0] : []) + shift(leftBatch, left), (both ? [0] : []) + shift(rightBatch, right)),
            contracting: (shift(leftContracting, left), shift(rightContracting, right))
        )
        // Shared operands stay shared: the lanes are a free axis of the other one, and move to the front.
        guard !both else { return [Batched(result, hasLanes: true)] }
        let place = left.hasLanes ? leftBatch.count : leftBatch.count + leftFree(rank: left.tensor.rank).count
        let order = [place] + (0..<result.rank).filter { $0 != place }
        return [Batched(result.transposed(order), hasLanes: true)]
    }
}
