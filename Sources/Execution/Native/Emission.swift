import CKernels
import Tensors

/// The steps of one node that is not element-wise, and the scratch memory that they need while they run.
struct Emission {
    /// A value and where it lies.
    struct Operand {
        var location: Location
        var type: TensorType
        /// The distances of neighbours, in elements.
        var strides: [Int]

        /// A value that lies in row-major order, or otherwise if that is said.
        init(location: Location, type: TensorType, strides: [Int]? = nil) {
            self.location = location
            self.type = type
            self.strides = strides ?? type.shape.strides
        }
    }

    let resources: Compiler.Resources
    /// How many loops are around.
    let depth: Int
    private var scratch: [Int] = []

    init(resources: Compiler.Resources, depth: Int) {
        self.resources = resources
        self.depth = depth
    }

    /// Memory for as long as the node runs.
    mutating func temporary(_ byteCount: Int) -> Location {
        let offset = resources.arena.allocate(byteCount)
        scratch.append(offset)
        return Location(base: Location.arenaBase, offset: offset)
    }

    /// Gives the scratch memory back.
    func releaseScratch() { for offset in scratch { resources.arena.free(offset) } }

    /// Keeps memory, taken elsewhere, until the node is done.
    mutating func adopt(_ offsets: [Int]) { scratch += offsets }

    /// The steps that compute the results from the operands.
    mutating func steps(
        of primitive: any Primitive,
        operands: [Operand],
        results: [Operand]
    ) throws(ExecutionError) -> [any Step] {
        switch primitive {
        case let primitive as Transpose:
            [move(operands[0], to: results[0], strides: primitive.permutation.map { operands[0].strides[$0] })]
        case let primitive as Slice:
            [slice(primitive, operands[0], results[0])]
        case let primitive as Reverse:
            [reverse(primitive, operands[0], results[0])]
        case let primitive as Pad:
            pad(primitive, operands, results[0])
        case let primitive as Concatenate:
            concatenate(primitive, operands, results[0])
        case let primitive as ReduceSum:
            reduce(.sum, primitive.dimensions, operands[0], results[0])
        case let primitive as ReduceProduct:
            reduce(.product, primitive.dimensions, operands[0], results[0])
        case let primitive as ReduceMaximum:
            reduce(.maximum, primitive.dimensions, operands[0], results[0])
        case let primitive as ReduceMinimum:
            reduce(.minimum, primitive.dimensions, operands[0], results[0])
        case let primitive as ArgMax:
            reduce(.argMax, [primitive.dimension], operands[0], results[0])
        case let primitive as CumulativeSum:
            reduce(.cumulativeSum, [primitive.dimension], operands[0], results[0])
        case let primitive as DotGeneral:
            product(primitive, operands[0], operands[1], results[0])
        case let primitive as Convolution:
            [convolution(primitive, operands[0], operands[1], results[0])]
        case let primitive as WindowArgMax:
            [windowArgMax(primitive, operands[0], results[0])]
        case let primitive as WindowSum:
            [windowSum(primitive, operands[0], results[0])]
        case let primitive as Gather:
            [gather(primitive, operands, results[0])]
        case let primitive as ScatterAdd:
            scatterAdd(primitive, operands, results[0])
        case let primitive as Sort:
            sort(primitive, operands, results)
        case let primitive as RandomBits:
            [
                RandomStep(
                    keys: operands[0].location,
                    counters: operands[1].location,
                    target: results[0].location,
                    rows: operands[0].type.shape.count / 2,
                    count: primitive.count
                )
            ]
        case let primitive as Scan:
            try loop(primitive, operands, results)
        case let primitive as Conditional:
            try branches(primitive, operands, results)
        case let primitive as Call:
            try call(primitive, operands, results)
        default:
            throw .unsupported("the primitive '\(primitive.name)'")
        }
    }
}

extension Emission.Operand {
    var elementByteCount: Int { type.element.byteCount }

    /// The place some elements further on.
    func location(at element: Int) -> Location {
        Location(base: location.base, offset: location.offset + element * elementByteCount)
    }
}
