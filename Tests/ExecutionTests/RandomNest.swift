import TestSupport

@testable import Tensors

/// A random function of nested loops, calls and conditionals that do little but hand values on: the same value several
/// times, in another order, under other axes, unchanged, repeated, and used again long after.
struct RandomNest {
    /// The types of all values: as many elements under some axes.
    static let types = [[12], [3, 4], [4, 3], [2, 6]].map { TensorType(.f32, Shape($0)) }

    private var random: Seeded

    init(seed: UInt64) { random = Seeded(seed) }

    /// A function of parameters to results of these types, with so many levels of functions inside.
    mutating func function(_ parameters: [TensorType], _ results: [TensorType], depth: Int) throws -> Function {
        var types = parameters
        var steps: [(primitive: any Primitive, operands: [Int])] = []
        func add(_ primitive: any Primitive, _ operands: [Int], _ results: TensorType...) -> Int {
            steps.append((primitive, operands))
            types += results
            return types.count - results.count
        }
        /// Some value under these axes.
        func value(_ type: TensorType, _ random: inout Seeded) -> Int {
            let same = types.indices.filter { types[$0] == type }
            if !same.isEmpty && !random.oneIn(4) { return random.pick(same) }
            return add(
                Reshape(to: type.shape),
                [random.pick(types.indices.filter { types[$0].shape.count == 12 })],
                type
            )
        }
        /// One number of some value, in -1...1.
        func number(_ random: inout Seeded) -> Int {
            let row = value(Self.types[0], &random)
            let sum = add(ReduceSum(dimensions: [0]), [row], TensorType(.f32, .scalar))
            return add(Tanh(), [sum], TensorType(.f32, .scalar))
        }
        for _ in 0..<random.integer(1...10) {
            let type = random.pick(Self.types)
            switch random.integer(0...(depth > 0 ? 9 : 6)) {
            case 0, 1: _ = add(Add(), [value(type, &random), value(type, &random)], type)
            case 2: _ = add(Multiply(), [value(type, &random), value(type, &random)], type)
            case 3: _ = add(Tanh(), [value(type, &random)], type)
            case 4:
                _ = add(Transpose([1, 0]), [value(Self.types[1], &random)], Self.types[2])
            case 5:
                _ = add(BroadcastInDim(to: type.shape, dimensions: []), [number(&random)], type)
            case 6:
                let sums = add(ReduceSum(dimensions: [1]), [value(Self.types[1], &random)], TensorType(.f32, [3]))
                _ = add(BroadcastInDim(to: [3, 4], dimensions: [0]), [sums], Self.types[1])
            case 7:
                let carries = (0..<random.integer(1...4)).map { _ in random.pick(Self.types) }
                let constants = (0..<random.integer(0...2)).map { _ in random.pick(Self.types) }
                let outputs = (0..<random.integer(0...2)).map { _ in random.pick(Self.types) }
                let body = try function(constants + carries, carries + outputs, depth: depth - 1)
                let length = random.integer(0...4)
                steps.append(
                    (
                        Scan(
                            body: body,
                            length: length,
                            constantCount: constants.count,
                            carryCount: carries.count,
                            isReverse: random.oneIn(2)
                        ), (constants + carries).map { value($0, &random) }
                    )
                )
                types += carries
                let first = types.count
                types += outputs.map { TensorType(.f32, Shape([length] + $0.shape.sizes)) }
                for (index, output) in outputs.enumerated() {
                    _ = add(ReduceSum(dimensions: [0]), [first + index], output)
                }
            default:
                let operands = (0..<random.integer(1...3)).map { _ in random.pick(Self.types) }
                let targets = (0..<random.integer(1...3)).map { _ in random.pick(Self.types) }
                let body = try function(operands, targets, depth: depth - 1)
                let given = operands.map { value($0, &random) }
                if random.oneIn(2) {
                    steps.append((Call(body), given))
                } else {
                    let other = try function(operands, targets, depth: depth - 1)
                    let numbers = [number(&random), number(&random)]
                    let holds = add(Compare(.less), numbers, TensorType(.bool, .scalar))
                    steps.append((Conditional(onTrue: body, onFalse: other), [holds] + given))
                }
                types += targets
            }
        }
        let chosen = results.map { value($0, &random) }
        return try Function(parameters: parameters, steps: steps, results: chosen)
    }
}
