/// Movements of elements that are joined, undone, or left to whoever reads. No arithmetic changes, and so no bit does.
enum DataMovement {
    static let rules: Rewriter.Rules = {
        var rules = Rewriter.Rules()
        reshapes(&rules)
        transpositions(&rules)
        repetitions(&rules)
        cuts(&rules)
        products(&rules)
        return rules
    }()

    /// How many tensors a chain of concatenations is joined to.
    private static let mostParts = 64

    private static func reshapes(_ rules: inout Rewriter.Rules) {
        rules.on(Reshape.self) { rewriter, reshape, operands in
            if rewriter.shape(operands[0]) == reshape.shape { return operands[0] }
            if let inner = rewriter.node(operands[0], as: Reshape.self) {
                return rewriter.make(reshape, inner.operands[0])
            }
            // A repeated scalar has any shape.
            guard let scalar = rewriter.repeatedScalar(operands[0]), scalar != operands[0] else { return nil }
            return rewriter.spread(scalar, over: reshape.shape)
        }
    }

    private static func transpositions(_ rules: inout Rewriter.Rules) {
        rules.on(Transpose.self) { rewriter, transpose, operands in
            let (x, order) = (operands[0], transpose.permutation)
            if order == Array(order.indices) { return x }
            if let inner = rewriter.node(x, as: Transpose.self) {
                return rewriter.make(Transpose(order.map { inner.primitive.permutation[$0] }), inner.operands[0])
            }
            // Axes of one element may stand anywhere.
            let moved = order.filter { rewriter.shape(x)[$0] != 1 }
            if moved == moved.sorted() {
                return rewriter.make(Reshape(to: Shape(order.map { rewriter.shape(x)[$0] })), x)
            }
            if let scalar = rewriter.repeatedScalar(x) {
                return rewriter.spread(scalar, over: Shape(order.map { rewriter.shape(x)[$0] }))
            }
            // (A B)ᵀ = Bᵀ Aᵀ: a product's operands change places, its sums do not.
            guard rewriter.isReadOnce(x), let product = rewriter.node(x, as: DotGeneral.self) else { return nil }
            let batch = product.primitive.leftBatch.count
            let rank = rewriter.shape(product.operands[0]).rank
            let rows = product.primitive.leftFree(rank: rank).count
            let exchanged = Array(0..<batch) + Array((batch + rows)..<order.count) + Array(batch..<(batch + rows))
            guard order == exchanged else { return nil }
            return rewriter.make(product.primitive.exchanged, product.operands[1], product.operands[0])
        }
        rules.on(Reverse.self) { rewriter, reverse, operands in
            guard let inner = rewriter.node(operands[0], as: Reverse.self),
                inner.primitive.dimensions.sorted() == reverse.dimensions.sorted()
            else { return nil }
            return inner.operands[0]
        }
    }

    private static func repetitions(_ rules: inout Rewriter.Rules) {
        rules.on(BroadcastInDim.self) { rewriter, broadcast, operands in
            let x = operands[0]
            if rewriter.shape(x) == broadcast.shape { return x }
            if let inner = rewriter.node(x, as: BroadcastInDim.self) {
                let places = inner.primitive.dimensions.map { broadcast.dimensions[$0] }
                return rewriter.make(BroadcastInDim(to: broadcast.shape, dimensions: places), inner.operands[0])
            }
            return nil
        }
    }

    private static func cuts(_ rules: inout Rewriter.Rules) {
        rules.on(Slice.self) { rewriter, slice, operands in
            let x = operands[0]
            if slice.limits == rewriter.shape(x).sizes, slice.starts.allSatisfy({ $0 == 0 }),
                slice.strides.allSatisfy({ $0 == 1 })
            {
                return x
            }
            if let inner = rewriter.node(x, as: Slice.self) {
                return rewriter.make(slice.after(inner.primitive), inner.operands[0])
            }
            if let scalar = rewriter.repeatedScalar(x), let type = try? slice.resultTypes(of: [rewriter.type(x)])[0] {
                return rewriter.spread(scalar, over: type.shape)
            }
            // A part of one part.
            guard let parts = rewriter.node(x, as: Concatenate.self) else { return nil }
            let axis = parts.primitive.dimension
            var start = 0
            for part in parts.operands {
                let end = start + rewriter.shape(part)[axis]
                if start <= slice.starts[axis], slice.limits[axis] <= end, slice.starts[axis] < slice.limits[axis] {
                    var (starts, limits) = (slice.starts, slice.limits)
                    starts[axis] -= start
                    limits[axis] -= start
                    return rewriter.make(Slice(starts: starts, limits: limits, strides: slice.strides), part)
                }
                start = end
            }
            return nil
        }
        rules.on(Concatenate.self) { rewriter, concatenate, operands in
            if operands.count == 1 { return operands[0] }
            let axis = concatenate.dimension
            var parts: [Int] = []
            for operand in operands {
                let inner = rewriter.node(operand, as: Concatenate.self)
                if let inner, inner.primitive.dimension == axis, rewriter.isReadOnce(operand),
                    parts.count + inner.operands.count <= Self.mostParts
                {
                    parts += inner.operands
                } else if let last = parts.last, let joined = rewriter.joined(last, operand, along: axis) {
                    parts[parts.count - 1] = joined
                } else {
                    parts.append(operand)
                }
            }
            return parts == operands ? nil : rewriter.add(concatenate, parts)[0]
        }
        rules.on(Pad.self) { _, pad, operands in
            (pad.low + pad.high + pad.interior).allSatisfy { $0 == 0 } ? operands[0] : nil
        }
    }

    private static func products(_ rules: inout Rewriter.Rules) {
        // A transposed operand is read as it lies, where its free axes stay in order.
        rules.on(DotGeneral.self) { rewriter, product, operands in
            for side in 0..<2 {
                guard let moved = rewriter.node(operands[side], as: Transpose.self) else { continue }
                let order = moved.primitive.permutation
                let free = side == 0 ? product.leftFree(rank: order.count) : product.rightFree(rank: order.count)
                let places = free.map { order[$0] }
                guard places == places.sorted() else { continue }
                let (batch, contracting) =
                    side == 0
                    ? (product.leftBatch, product.leftContracting) : (product.rightBatch, product.rightContracting)
                let (newBatch, newContracting) = (batch.map { order[$0] }, contracting.map { order[$0] })
                let next = DotGeneral(
                    leftBatch: side == 0 ? newBatch : product.leftBatch,
                    rightBatch: side == 1 ? newBatch : product.rightBatch,
                    leftContracting: side == 0 ? newContracting : product.leftContracting,
                    rightContracting: side == 1 ? newContracting : product.rightContracting
                )
                var new = operands
                new[side] = moved.operands[0]
                return rewriter.add(next, new)[0]
            }
            return nil
        }
    }
}

extension Rewriter {
    /// The scalar that fills a value: what it is a repetition of, or itself.
    func repeatedScalar(_ value: Int) -> Int? {
        if shape(value) == .scalar { return value }
        guard let broadcast = node(value, as: BroadcastInDim.self), shape(broadcast.operands[0]) == .scalar else {
            return nil
        }
        return broadcast.operands[0]
    }

    /// A scalar, repeated if need be.
    mutating func spread(_ scalar: Int, over shape: Shape) -> Int {
        shape == .scalar ? scalar : make(BroadcastInDim(to: shape, dimensions: []), scalar)
    }

    /// A scalar, repeated to another's shape.
    mutating func spread(_ scalar: Int, like other: Int) -> Int { spread(scalar, over: shape(other)) }

    /// Two neighbouring slices as one; nil if they are not.
    fileprivate mutating func joined(_ left: Int, _ right: Int, along axis: Int) -> Int? {
        guard let a = node(left, as: Slice.self), let b = node(right, as: Slice.self), a.operands == b.operands,
            a.primitive.strides.allSatisfy({ $0 == 1 }), b.primitive.strides.allSatisfy({ $0 == 1 }),
            a.primitive.limits[axis] == b.primitive.starts[axis]
        else { return nil }
        var (starts, limits) = (b.primitive.starts, a.primitive.limits)
        starts[axis] = a.primitive.starts[axis]
        limits[axis] = b.primitive.limits[axis]
        guard starts == a.primitive.starts, limits == b.primitive.limits else { return nil }
        return make(Slice(starts: starts, limits: limits, strides: a.primitive.strides), a.operands[0])
    }
}

extension Slice {
    /// This slice of another's result, as one of the other's operand.
    fileprivate func after(_ inner: Slice) -> Slice {
        let axes = starts.indices
        // An empty range ends where it starts, wherever that is.
        return Slice(
            starts: axes.map { inner.starts[$0] + (starts[$0] < limits[$0] ? starts[$0] * inner.strides[$0] : 0) },
            limits: axes.map {
                starts[$0] < limits[$0]
                    ? inner.starts[$0] + (limits[$0] - 1) * inner.strides[$0] + 1 : inner.starts[$0]
            },
            strides: axes.map { axis in
                let (stride, overflow) = strides[axis].multipliedReportingOverflow(by: inner.strides[axis])
                return overflow ? 1 << 40 : min(stride, 1 << 40)
            }
        )
    }
}

extension DotGeneral {
    /// The product of the operands the other way round.
    fileprivate var exchanged: DotGeneral {
        DotGeneral(
            leftBatch: rightBatch,
            rightBatch: leftBatch,
            leftContracting: rightContracting,
            rightContracting: leftContracting
        )
    }
}
