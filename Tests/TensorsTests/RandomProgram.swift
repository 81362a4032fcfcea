import Tensors
import TestSupport

/// Writes programs at random, from a seed: any primitive, on any operands that fit, in loops, lanes and gradients.
struct RandomProgram {
    private var random: Seeded
    private let nodes: Int
    private let depth: Int

    /// A program of about this many operations, with loops and lanes up to a depth.
    static func traced(seed: UInt64, nodes: Int = 12, depth: Int = 2) throws -> Program {
        var writer = RandomProgram(random: Seeded(seed), nodes: nodes, depth: depth)
        let types: [TensorType] = [
            TensorType(.f32, [3, 4]), TensorType(.f32, [4]), TensorType(.f64, [2]), TensorType(.i32, [3]),
            TensorType(.u32, [2]), TensorType(.bool, [3]), TensorType(.u8, [2, 2]),
        ]
        return try Program.trace(types.enumerated().map { Port("in.\($0)", $1) }) { inputs in
            let values = writer.grown(inputs, by: nodes, depth: depth)
            return values.suffix(3).enumerated().map { (name: "out.\($0)", tensor: $1) }
        }
    }

    private mutating func grown(_ start: [Tensor], by count: Int, depth: Int) -> [Tensor] {
        var values = start
        for _ in 0..<count { values.append(step(values, depth: depth)) }
        return values
    }

    private mutating func pick(_ values: [Tensor], where fits: (Tensor) -> Bool) -> Tensor? {
        values.filter(fits).randomElement(using: &random)
    }

    private mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

    /// One more value; operations that find no operand fall back to a conversion.
    private mutating func step(_ values: [Tensor], depth: Int) -> Tensor {
        let x = values.randomElement(using: &random) ?? values[0]
        switch number(0..<14) {
        case 0, 1: return unary(pick(values) { $0.element.isFloat } ?? x.converted(to: .f32))
        case 2, 3: return binary(x, values)
        case 4, 5: return moved(x, values)
        case 6: return reduced(x)
        case 7: return indexed(values)
        case 8: return drawn(values)
        case 9:
            return product(
                // A product of many axes with many more has more than a tensor may have.
                pick(values) { $0.element.isFloat && (1...4).contains($0.rank) }
                    ?? x.filled(0, shape: [2]).converted(to: .f32)
            )
        case 10 where depth > 0: return looped(values, depth: depth - 1)
        case 11 where depth > 0: return transformed(values, depth: depth - 1)
        case 13 where depth > 0: return chosen(x, values, depth: depth - 1)
        case 12:
            return slid(
                pick(values) { $0.element.isFloat && $0.rank == 2 && $0.shape.count > 0 }
                    ?? x.filled(1, shape: [2, 3]).converted(to: .f32)
            )
        default: return x.converted(to: ElementType.allCases.randomElement(using: &random) ?? .f32)
        }
    }

    private mutating func unary(_ x: Tensor) -> Tensor {
        switch number(0..<18) {
        case 14: x.exponentialMinusOne()
        case 15: x.logPlusOne()
        case 16: x.softplus()
        case 0: x.absolute()
        case 1: x.sign()
        case 2: x.floor()
        case 3: x.exponential()
        case 4: x.log()
        case 5: x.tanh()
        case 6: x.logistic()
        case 7: x.squareRoot()
        case 8: x.reciprocalSquareRoot()
        case 9: x.sine()
        case 10: x.cosine()
        case 11: x.stoppingGradient()
        case 12: -x
        case 13: fma(x, x, x)
        default: 1 - x * 0.5
        }
    }

    private mutating func binary(_ x: Tensor, _ values: [Tensor]) -> Tensor {
        let y = pick(values) { $0.type == x.type } ?? x
        if x.element == .bool {
            return [and(x, y), or(x, y), xor(x, y), .!x].randomElement(using: &random) ?? x
        }
        let choice = number(0..<10)
        let condition = [x .== y, x .!= y, x .< y, x .<= y, x .> y, x .>= y].randomElement(using: &random) ?? (x .== y)
        switch choice {
        case 0: return x + y
        case 1: return x - y
        case 2: return x * y
        case 3: return x / y
        case 4: return maximum(x, y)
        case 5: return minimum(x, y)
        case 6: return select(condition, x, y)
        case 7 where x.element.isInteger:
            return number(0..<2) == 0 ? x.shiftedLeft(by: 3) : x.shiftedRight(by: 3)
        case 9 where x.element.isInteger: return x.shiftedLeft(by: 1)
        case 8 where x.element.isInteger: return number(0..<2) == 0 ? remainder(x, by: 7) : xor(.!x, or(x, y))
        default: return condition
        }
    }

    private mutating func moved(_ x: Tensor, _ values: [Tensor]) -> Tensor {
        guard x.rank > 0 else { return x.broadcast(to: [2, 3]) }
        let axis = number(0..<x.rank)
        let size = x.shape[axis]
        switch number(0..<9) {
        case 0: return x.reshaped([x.shape.count])
        case 1: return x.transposed(Array((0..<x.rank).reversed()))
        case 2: return x.rank < 4 ? x.broadcast(to: Shape([2] + x.shape.sizes)) : x
        case 3: return x.sliced(axis: axis, (size > 1 ? 1 : 0)..<size)
        case 4:
            let edges = (0..<x.rank).map { _ in number(0..<2) }
            return x.padded(low: edges, high: edges.reversed(), interior: edges)
        case 5: return concatenate([x, x], axis: axis)
        case 6: return x.reversed(axis: axis)
        case 7: return x.element == .bool ? x : x.cumulativeSum(axis: axis)
        default:
            let other = pick(values) { $0.shape == x.shape } ?? x
            return sorted([x, other], axis: axis)[number(0..<2)]
        }
    }

    private mutating func reduced(_ x: Tensor) -> Tensor {
        guard x.element != .bool, x.rank > 0 else { return x.converted(to: .i32) }
        let axis = number(0..<x.rank)
        switch number(0..<6) {
        case 0: return x.sum(over: [axis])
        case 1: return x.product(over: [axis])
        case 2: return x.maximum(over: [axis])
        case 3: return x.minimum()
        case 4: return x.shape[axis] > 0 ? x.argMax(axis: axis) : x
        default: return x.sum()
        }
    }

    private mutating func indexed(_ values: [Tensor]) -> Tensor {
        let indices = pick(values) { $0.element == .i32 && $0.rank < 3 } ?? values[0].iota(.i32, [2], axis: 0)
        let table =
            pick(values) { $0.rank > 0 && $0.rank < 3 && $0.shape[0] > 0 && $0.element != .bool }
            ?? values[0].iota(.f32, [2], axis: 0)
        let rows = table.rows(at: indices)
        return number(0..<2) == 0 ? rows : table.adding(rows, at: indices)
    }

    private mutating func drawn(_ values: [Tensor]) -> Tensor {
        let key = Key(
            pick(values) { $0.type == TensorType(.u32, [2]) } ?? values[0].constant([1, 2] as [UInt32], shape: [2])
        )
        switch number(0..<5) {
        case 0: return key.child(number(0..<5)).tensor
        case 1: return key["name"].uniform([2])
        case 2: return key.permutation(3)
        case 3: return key.integers(below: 9, [3])
        default: return key.bits([3])
        }
    }

    private mutating func product(_ x: Tensor) -> Tensor {
        let axis = number(0..<x.rank)
        return number(0..<2) == 0
            ? dotGeneral(x, x, contracting: ([axis], [axis]))
            : dotGeneral(x, x, batch: ([axis], [axis]), contracting: ([], []))
    }

    private mutating func slid(_ x: Tensor) -> Tensor {
        let image = x.reshaped(Shape([1] + x.shape.sizes + [1]))
        if number(0..<3) == 0 {
            return windowSum(x, window: [2, 1], stride: [1, 2], padding: .same, inputDilation: [1, 2])
        }
        guard number(0..<2) == 0 else {
            return maxPool(image, window: [2, 1], stride: [1, 2], padding: .same).sum(over: [0, 3])
        }
        let kernel = image.sliced(from: [0, 0, 0, 0], to: [1, 1, 1, 1], by: [1, 1, 1, 1])
        return convolution(image, kernel, stride: [1, 2], padding: .same, inputDilation: [2, 1]).sum(over: [0, 3])
    }

    private mutating func looped(_ values: [Tensor], depth: Int) -> Tensor {
        let start = values.randomElement(using: &random) ?? values[0]
        let steps = pick(values) { $0.rank > 0 } ?? values[0].iota(.i32, [3], axis: 0)
        let count = nodes / 3
        if number(0..<3) == 0 {
            let (carry, outputs) = scan(start, count: 3, until: { $0.converted(to: .f32).sum() .> 1 }) { carry, step in
                let inner = grown([carry, step, values[0]], by: count, depth: depth)
                return (inner.last { $0.type == carry.type } ?? carry, inner[inner.count - 1])
            }
            return number(0..<2) == 0 ? carry : outputs
        }
        let (carry, outputs) = scan(start, over: steps, reversed: number(0..<2) == 0) { carry, step in
            let inner = grown([carry, step, values[0]], by: count, depth: depth)
            let next = inner.last { $0.type == carry.type } ?? carry
            return (next, inner[inner.count - 1])
        }
        return number(0..<2) == 0 ? carry : outputs
    }

    /// One of two branches, whose results have x's type.
    private mutating func chosen(_ x: Tensor, _ values: [Tensor], depth: Int) -> Tensor {
        let count = nodes / 4
        let predicate = values[0].converted(to: .f32).sum() .> 0
        return conditional(predicate, [x]) { own in
            let inner = grown(own + [values[0]], by: count, depth: depth)
            return inner.last { $0.type == x.type } ?? x
        } else: { own in
            let inner = grown(own + [values[0]], by: count, depth: depth)
            return inner.last { $0.type == x.type } ?? x
        }
    }

    private mutating func transformed(_ values: [Tensor], depth: Int) -> Tensor {
        let count = nodes / 3
        if number(0..<2) == 0, let lanes = pick(values, where: { $0.rank > 0 && $0.rank < 3 }) {
            return vmap(lanes) { lane in
                let inner = grown([lane, values[0]], by: count, depth: depth)
                return inner[inner.count - 1]
            }
        }
        let point = pick(values) { $0.element.isFloat } ?? values[0].filled(1, shape: [2])
        switch number(0..<3) {
        case 0:
            return checkpoint(point) { point in
                let inner = grown([point, values[0]], by: count, depth: depth)
                return inner[inner.count - 1]
            }
        case 1:
            return jvp(at: point, along: point) { point in
                let inner = grown([point], by: count, depth: depth)
                return inner[inner.count - 1]
            }.tangent
        default: break
        }
        return gradient(at: point) { point in
            let inner = grown([point], by: count, depth: depth)
            return (inner.last { $0.element == point.element } ?? point).sum()
        }
    }
}
