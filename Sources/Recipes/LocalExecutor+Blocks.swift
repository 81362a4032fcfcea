import Tasks
import Tensors

extension LocalExecutor {
    /// Runs a program on a table of rows of features, some rows at a time.
    ///
    /// - Parameters:
    ///   - features: `f32[rows, features]`.
    ///   - width: The number of features that there must be.
    ///   - members: How many networks see each row at the same time.
    ///   - rest: The program's other inputs, which follow the rows.
    ///   - program: The program for so many rows.
    /// - Returns: the outputs for each block of rows, in order.
    /// - Throws: `RecipeError.featureCount` for a table of another width, and what `program` throws.
    func run(
        on features: TensorValue,
        width: Int,
        members: Int = 1,
        _ rest: [TensorValue],
        program: (_ rows: Int) throws -> Program
    ) throws -> [[TensorValue]] {
        var programs: [Int: Program] = [:]
        return try run(
            features.blocks(width: width, members: members).map { block in
                let program = try programs[block.shape[0]] ?? program(block.shape[0])
                programs[block.shape[0]] = program
                return (program: program, inputs: [block] + rest)
            }
        )
    }
}

extension TensorValue {
    /// Refuses what is not a table of rows of features.
    ///
    /// - Throws: `RecipeError.featureCount`.
    func requireFeatures(_ width: Int) throws(RecipeError) {
        guard shape.rank == 2, type.element == .f32, shape[1] == width else {
            throw .featureCount(found: shape.sizes.last ?? 0, needed: width)
        }
    }

    /// The rows of a table, some at a time, so that a prediction's memory does not grow with their number, and fits a cache.
    ///
    /// - Parameters:
    ///   - width: The number of features that there must be.
    ///   - members: How many networks see each row at the same time.
    /// - Returns: tables of at most 1024 rows, fewer where there are many members, in order.
    /// - Throws: `RecipeError.featureCount` for a table of another width.
    fileprivate func blocks(width: Int, members: Int) throws(RecipeError) -> [TensorValue] {
        try requireFeatures(width)
        let all = bytes
        let count = max(Self.fewestRows, min(1024, Self.mostRowsOfMembers / max(members, 1)))
        return (0..<shape[0]).cut(into: count).compactMap { range in
            let stride = width * ElementType.f32.byteCount
            let bytes = Array(all[(range.lowerBound * stride)..<(range.upperBound * stride)])
            return TensorValue(type: TensorType(.f32, [range.count, width]), bytes: bytes)
        }
    }

    /// Fewer rows are not worth the start of a program.
    private static let fewestRows = 32
    /// Rows times members: at 64 units of a layer they take four megabytes.
    private static let mostRowsOfMembers = 1 << 14
}
