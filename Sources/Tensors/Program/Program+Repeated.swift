extension Program {
    /// A program that does what this one does so many times. An input is either the same each time, or has one more axis, the
    /// first, along which lie the inputs of each time; each output has that axis. No bit differs from what this one computes.
    ///
    /// - Parameters:
    ///   - count: How many times.
    ///   - isShared: For each input, whether it is the same each time.
    /// - Returns: the program, whose inputs and outputs have the names of this one's.
    /// - Precondition: `count` is positive.
    /// - Throws: `ProgramError` when a tensor would be one that no program can have.
    package func repeated(_ count: Int, sharing isShared: [Bool]) throws(ProgramError) -> Program {
        precondition(count > 0, "a program runs once at least")
        precondition(isShared.count == inputs.count, "each input is shared or not")
        var steps: [(primitive: any Primitive, operands: [Int])] = []
        var valueCount = inputs.count
        /// Adds a step.
        ///
        /// - Returns: the number of its first result.
        func add(_ primitive: any Primitive, _ operands: [Int], resultCount: Int = 1) -> Int {
            steps.append((primitive, operands))
            defer { valueCount += resultCount }
            return valueCount
        }
        /// The results of each time.
        var results: [[Int]] = []
        for time in 0..<count {
            /// The number that each value of this program has in the other.
            var numbers = function.parameters.enumerated().map { index, type in
                isShared[index] ? index : add(Reshape(to: type.shape), [add(Slice(row: time, of: type.shape), [index])])
            }
            for node in function.nodes {
                let first = add(node.primitive, node.operands.map { numbers[$0] }, resultCount: node.results.count)
                numbers += first..<first + node.results.count
            }
            results.append(
                function.results.map { add(Reshape(to: function.types[$0].shape.stacked(1)), [numbers[$0]]) }
            )
        }
        let stacks = function.results.indices.map { index in
            add(Concatenate(dimension: 0), results.map { $0[index] })
        }
        let repeated = try Function(
            parameters: zip(function.parameters, isShared).map { $1 ? $0 : $0.stacked(count) },
            steps: steps,
            results: stacks
        )
        return try Program(inputs: inputs.map(\.name), outputs: outputs.map(\.name), function: repeated)
    }
}

extension Slice {
    /// One of the tensors of a shape that lie along the first axis of another one.
    fileprivate init(row: Int, of shape: Shape) {
        self.init(
            starts: [row] + shape.sizes.map { _ in 0 },
            limits: [row + 1] + shape.sizes,
            strides: Array(repeating: 1, count: shape.rank + 1)
        )
    }
}
