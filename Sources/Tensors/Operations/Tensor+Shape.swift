extension Shape {
    /// The bytes of a tensor of this shape; nil when no program can have one.
    func checkedByteCount(of element: ElementType) -> Int? {
        let type = TensorType(element, self)
        return type.excess == nil ? type.byteCount : nil
    }
}

extension Tensor {
    /// An axis counted from the front, for one that may be counted from the end.
    func axis(_ axis: Int) -> Int { axis < 0 ? rank + axis : axis }

    /// The same elements under other axes.
    public func reshaped(_ shape: Shape) -> Tensor {
        shape == self.shape ? self : Trace.apply(Reshape(to: shape), [self])[0]
    }

    /// The axes in another order: axis i of the result is axis `permutation[i]` of this tensor.
    public func transposed(_ permutation: [Int]) -> Tensor {
        permutation == Array(0..<rank) ? self : Trace.apply(Transpose(permutation), [self])[0]
    }

    /// The last two axes exchanged.
    public func transposed() -> Tensor {
        guard rank >= 2 else { return invalid("transpose", because: "needs two axes to exchange") }
        return transposed(Array(0..<(rank - 2)) + [rank - 1, rank - 2])
    }

    /// Repeats the tensor; its axes become the last ones of the shape, as NumPy has it.
    public func broadcast(to shape: Shape) -> Tensor {
        guard shape.rank >= rank else {
            return invalid("broadcast_in_dim", because: "has more axes than \(shape)")
        }
        return broadcast(to: shape, axes: Array((shape.rank - rank)..<shape.rank))
    }

    /// Repeats the tensor; its axis i becomes axis `axes[i]` of the shape.
    public func broadcast(to shape: Shape, axes: [Int]) -> Tensor {
        if shape == self.shape, axes == Array(0..<rank) { return self }
        let primitive = BroadcastInDim(to: shape, dimensions: axes)
        // A repetition of a repetition is one, if it is right in itself.
        if exists, let (origin, places) = trace.broadcastOrigin(of: self),
            (try? primitive.resultTypes(of: [type])) != nil
        {
            return Trace.apply(BroadcastInDim(to: shape, dimensions: places.map { axes[$0] }), [origin])[0]
        }
        return Trace.apply(primitive, [self])[0]
    }

    /// The elements of a range along one axis.
    public func sliced(axis: Int, _ range: Range<Int>) -> Tensor {
        let axis = self.axis(axis)
        var starts = [Int](repeating: 0, count: rank)
        var limits = shape.sizes
        guard limits.indices.contains(axis), range.lowerBound >= 0 else {
            return invalid("slice", because: "there is no \(range) along axis \(axis)")
        }
        starts[axis] = range.lowerBound
        limits[axis] = range.upperBound
        return sliced(from: starts, to: limits, by: limits.map { _ in 1 })
    }

    /// Every `strides`-th element of each axis.
    public func sliced(from starts: [Int], to limits: [Int], by strides: [Int]) -> Tensor {
        if starts.allSatisfy({ $0 == 0 }), limits == shape.sizes, strides.allSatisfy({ $0 == 1 }) { return self }
        return Trace.apply(Slice(starts: starts, limits: limits, strides: strides), [self])[0]
    }

    /// Zeros put before, after and between the elements along each axis; negative edges cut instead.
    public func padded(low: [Int], high: [Int], interior: [Int]) -> Tensor {
        if (low + high + interior).allSatisfy({ $0 == 0 }) { return self }
        return Trace.apply(Pad(low: low, high: high, interior: interior), [self, zero(of: element)])[0]
    }

    /// The elements in the opposite order along an axis.
    public func reversed(axis: Int) -> Tensor { Trace.apply(Reverse(dimensions: [self.axis(axis)]), [self])[0] }

    /// The slices at `indices` (`i32[index…]`) of the first axis: `[index…, slice…]`.
    ///
    /// An index outside the axis is moved to its nearest end.
    public func rows(at indices: Tensor) -> Tensor { Trace.apply(Gather(batch: 0), [self, indices])[0] }

    /// This tensor with `updates` (`[index…, slice…]`) added to the slices at `indices` of the first axis, in order.
    public func adding(_ updates: Tensor, at indices: Tensor) -> Tensor {
        Trace.apply(ScatterAdd(batch: 0), [self, indices, updates])[0]
    }
}

/// Tensors one after another along an axis.
///
/// - Precondition: there is at least one.
public func concatenate(_ tensors: [Tensor], axis: Int) -> Tensor {
    tensors.count == 1 ? tensors[0] : Trace.apply(Concatenate(dimension: tensors[0].axis(axis)), tensors)[0]
}

/// Tensors put in the ascending order of the first one along an axis: stable, NaN last.
///
/// - Precondition: there is at least one.
public func sorted(_ tensors: [Tensor], axis: Int) -> [Tensor] {
    Trace.apply(Sort(dimension: tensors[0].axis(axis)), tensors)
}
