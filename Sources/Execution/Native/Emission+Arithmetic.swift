import CKernels
import Tensors

extension Emission {
    /// Reduces axes that lie side by side where they are; others are moved to the end first.
    mutating func reduce(
        _ kind: ReductionKind,
        _ dimensions: [Int],
        _ operand: Operand,
        _ result: Operand
    ) -> [any Step] {
        let shape = operand.type.shape
        let reduced = dimensions.map { shape[$0] }.reduce(1, *)
        let first = dimensions.first ?? shape.rank
        let isTogether = dimensions == Array(first..<(first + dimensions.count))
        var before: [any Step] = []
        var source = operand.location
        var (outer, inner) = (1, 1)
        if isTogether {
            outer = shape.sizes.prefix(first).reduce(1, *)
            inner = shape.sizes.dropFirst(first + dimensions.count).reduce(1, *)
        } else {
            let kept = (0..<shape.rank).filter { !dimensions.contains($0) }
            let order = kept + dimensions
            let type = TensorType(operand.type.element, Shape(order.map { shape[$0] }))
            let moved = Operand(location: temporary(type.byteCount), type: type)
            before = [move(operand, to: moved, strides: order.map { operand.strides[$0] })]
            source = moved.location
            outer = kept.map { shape[$0] }.reduce(1, *)
        }
        return before + [
            ReduceStep(
                kind: kind,
                element: operand.type.element,
                source: source,
                target: result.location,
                outer: outer,
                reduced: reduced,
                inner: inner
            )
        ]
    }

    /// Matrix products of what the axes come to: batch, rows, columns, and what is summed over.
    mutating func product(_ primitive: DotGeneral, _ left: Operand, _ right: Operand, _ result: Operand) -> [any Step] {
        let leftFree = primitive.leftFree(rank: left.type.shape.rank)
        let rightFree = primitive.rightFree(rank: right.type.shape.rank)
        var before: [any Step] = []
        let a = matrix(left, primitive.leftBatch, leftFree, primitive.leftContracting, &before)
        let b = matrix(right, primitive.rightBatch, primitive.rightContracting, rightFree, &before)
        let size = { (operand: Operand, axes: [Int]) in axes.map { operand.type.shape[$0] }.reduce(1, *) }
        let (columns, inner) = (size(right, rightFree), size(left, primitive.leftContracting))
        let isFloat = left.type.element == .f32
        return before + [
            ProductStep(
                element: left.type.element,
                left: a,
                right: b,
                target: result.location,
                scratch: temporary(isFloat ? 4 * troupe_product_scratch(inner) : 0),
                batch: size(left, primitive.leftBatch),
                rows: size(left, leftFree),
                columns: columns,
                inner: inner
            )
        ]
    }

    /// An operand as matrices: each of the three groups of axes must have one stride, or the operand is laid out anew; a
    /// matrix that is the same for the whole batch, once.
    private mutating func matrix(
        _ operand: Operand,
        _ batch: [Int],
        _ rows: [Int],
        _ columns: [Int],
        _ before: inout [any Step]
    ) -> ProductStep.Operand {
        let shape = operand.type.shape
        let stride = { (axes: [Int]) in
            Layout(sizes: axes.map { shape[$0] }, strides: axes.map { operand.strides[$0] }).stride
        }
        if let batchStride = stride(batch), let rowStride = stride(rows), let columnStride = stride(columns) {
            return ProductStep.Operand(
                location: operand.location,
                batchStride: batchStride,
                rowStride: rowStride,
                columnStride: columnStride
            )
        }
        let isShared = stride(batch) == 0
        let order = (isShared ? [] : batch) + rows + columns
        let type = TensorType(operand.type.element, Shape(order.map { shape[$0] }))
        let moved = Operand(location: temporary(type.byteCount), type: type)
        before.append(move(operand, to: moved, strides: order.map { operand.strides[$0] }))
        let width = columns.map { shape[$0] }.reduce(1, *)
        return ProductStep.Operand(
            location: moved.location,
            batchStride: isShared ? 0 : width * rows.map { shape[$0] }.reduce(1, *),
            rowStride: width,
            columnStride: 1
        )
    }

    /// The bytes of an input that are copied once so that a loop reads them faster: a table of which steps read some rows
    /// may be larger.
    private static let largestCopy = 1 << 18

    /// A loop, its body compiled once.
    mutating func loop(
        _ scan: Scan,
        _ operands: [Operand],
        _ results: [Operand]
    ) throws(ExecutionError) -> [any Step] {
        let fixed = scan.constantCount + scan.carryCount
        var compiler = Compiler(scan.body, resources: resources, depth: depth + 1)
        let updates = try compiler.updatable((0..<scan.carryCount).map { ($0, scan.constantCount + $0) })
        var copies: [any Step] = []
        var parameters = operands.prefix(scan.constantCount).map { constant in
            guard scan.length >= 4, resources.isInput(constant.location),
                (1...Self.largestCopy).contains(constant.type.byteCount)
            else { return constant.location }
            // Inputs begin wherever their owner put them, which vectors that cross cache lines pay for in each step.
            let copy = Operand(location: temporary(constant.type.byteCount), type: constant.type)
            copies.append(move(constant, to: copy, strides: constant.strides))
            return copy.location
        }
        var wishes: [Location?] = []
        var carries: [LoopStep.Carry] = []
        for index in 0..<scan.carryCount {
            let byteCount = results[index].type.byteCount
            let before = resources.newBase()
            var carry = LoopStep.Carry(
                start: operands[scan.constantCount + index].location,
                before: before,
                turns: nil,
                byteCount: byteCount,
                target: results[index].location
            )
            if !updates[index] {
                carry.turns = (after: resources.newBase(), buffers: (temporary(byteCount), temporary(byteCount)))
            }
            parameters.append(Location(base: before, offset: 0))
            wishes.append(Location(base: carry.turns?.after ?? before, offset: 0))
            carries.append(carry)
        }
        let slices = { (wholes: ArraySlice<Operand>, resources: Compiler.Resources) in
            wholes.map { whole in
                LoopStep.Slice(
                    base: resources.newBase(),
                    whole: whole.location,
                    stride: whole.type.byteCount / max(1, scan.length)
                )
            }
        }
        let inputs = slices(operands[fixed...], resources)
        let outputs = slices(results[scan.carryCount...], resources)
        parameters += inputs.map { Location(base: $0.base, offset: 0) }
        wishes += outputs.map { Location(base: $0.base, offset: 0) }
        let body = try compiler.compile(parameters: parameters, wishes: wishes)
        adopt(body.kept)
        var moves: [LoopStep.Move] = []
        for (index, wish) in wishes.enumerated() {
            guard let wish, wish != body.results[index] else { continue }
            moves.append(
                LoopStep.Move(
                    source: body.results[index],
                    target: wish,
                    byteCount: scan.body.resultTypes[index].byteCount
                )
            )
        }
        return copies + [
            LoopStep(
                length: scan.length,
                until: scan.until,
                isReverse: scan.isReverse,
                isOutermost: depth == 0,
                inputs: inputs,
                outputs: outputs,
                carries: carries,
                moves: moves,
                body: body.steps
            )
        ]
    }
}
