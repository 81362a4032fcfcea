import CKernels

/// Moves elements without changing them: a transposition, a slice, a repetition.
struct CopyStep: Step {
    private let source: Location
    private let target: Location
    private let sizes: [Int64]
    private let sourceStrides: [Int64]
    private let targetStrides: [Int64]
    private let elementByteCount: Int32

    /// - Parameters:
    ///   - source: Where the element of index zero comes from.
    ///   - target: Where it goes.
    ///   - sizes: The index space.
    ///   - sourceStrides: In elements, for each axis.
    ///   - targetStrides: In elements, for each axis.
    ///   - elementByteCount: Bytes of an element.
    init(
        from source: Location,
        to target: Location,
        sizes: [Int],
        sourceStrides: [Int],
        targetStrides: [Int],
        elementByteCount: Int
    ) {
        // Neighbouring axes that lie in one line on both sides become one.
        var merged: (sizes: [Int], source: [Int], target: [Int]) = ([], [], [])
        for axis in sizes.indices where sizes[axis] != 1 {
            if let last = merged.sizes.indices.last, merged.source[last] == sourceStrides[axis] * sizes[axis],
                merged.target[last] == targetStrides[axis] * sizes[axis]
            {
                merged.sizes[last] *= sizes[axis]
                merged.source[last] = sourceStrides[axis]
                merged.target[last] = targetStrides[axis]
            } else {
                merged.sizes.append(sizes[axis])
                merged.source.append(sourceStrides[axis])
                merged.target.append(targetStrides[axis])
            }
        }
        self.source = source
        self.target = target
        self.sizes = merged.sizes.map(Int64.init)
        self.sourceStrides = merged.source.map(Int64.init)
        self.targetStrides = merged.target.map(Int64.init)
        self.elementByteCount = Int32(elementByteCount)
    }

    func run(_ context: RunContext) {
        troupe_copy(
            context.address(target),
            targetStrides,
            context.address(source),
            sourceStrides,
            sizes,
            Int32(sizes.count),
            elementByteCount
        )
    }
}
