import TestSupport

@testable import Tensors

/// A random function of tensors: the same one whenever it is written from the same seed.
///
/// All intermediate values stay small, and whatever would be a kink near a tie (comparisons, maxima, orders) is told with
/// its distance, so that a test can leave such cases out.
struct RandomFunction {
    let seed: UInt64
    var length = 14
    /// Whether loops may occur.
    var hasLoops = true

    /// The types of what goes in: floating-point tensors, and indices in 0..<4, of which some lie outside.
    var inputs: [TensorType] {
        var random = Seeded(seed)
        let floats = (0..<random.integer(2...3)).map { _ in TensorType(.f32, Shape(random.sizes())) }
        return floats + [TensorType(.i32, Shape([random.integer(1...3)]))]
    }

    func values(_ random: inout Seeded) -> [TensorValue] {
        inputs.map {
            $0.element == .i32 ? random.indices($0.shape, below: 4, outside: true) : random.value($0, .plain)
        }
    }

    /// The results, and distances from ties.
    func callAsFunction(_ inputs: [Tensor]) -> (results: [Tensor], gaps: [Tensor]) {
        var random = Seeded(seed &+ 0xF00D)
        var pool = inputs.filter(\.element.isFloat)
        let indices = inputs[inputs.count - 1]
        var gaps: [Tensor] = []
        for _ in 0..<length {
            let next = step(&random, pool, indices, &gaps)
            // Whatever grew large is brought back, by something smooth.
            pool.append(random.oneIn(2) ? next.tanh() : next * 0.5)
        }
        return (Array(pool.suffix(3)), gaps)
    }

    private func step(
        _ random: inout Seeded,
        _ pool: [Tensor],
        _ indices: Tensor,
        _ gaps: inout [Tensor]
    ) -> Tensor {
        let x = random.pick(pool)
        let other = random.pick(pool)
        // Something of x's shape made of the other tensor.
        let y = other.shape == x.shape ? other : other.sum().broadcast(to: x.shape) * 0.3 + x.cosine()
        let axis = x.rank == 0 ? 0 : random.integer(0...(x.rank - 1))
        switch random.integer(0...(x.rank == 0 ? 8 : 30)) {
        case 0: return x + y
        case 1: return x * y
        case 2: return x - y / (1.5 + x * x)
        case 3: return fma(x, y, y.sine())
        case 4: return x.logistic() * (y * y + 0.5).log()
        case 5: return (x * x + 0.3).reciprocalSquareRoot() + (y * y + 0.2).squareRoot()
        case 6:
            gaps.append((x - y).absolute())
            return select(x .< y, x.exponential(), -y)
        case 7:
            gaps.append((x - y).absolute())
            return random.oneIn(2) ? maximum(x, y) : minimum(x, y)
        case 8:
            let sum = x.sum()
            gaps.append((sum - 0.1).absolute())
            return conditional(sum .> 0.1, x) {
                $0 * y.sine()
            } else: {
                [y * 0.5, $0].reduce($0.cosine(), +)
            }
        case 26: return x.rank == 0 ? x : x.sum(over: [axis])
        case 9: return x.mean(over: random.oneIn(2) ? nil : [axis])
        case 10: return (x * 0.3 + 1).product(over: [axis])
        case 11: return x.transposed((0..<x.rank).shuffled(using: &random))
        case 12: return x.reshaped([x.shape.count]).reversed(axis: 0)
        case 13: return x.sum(over: [axis]).broadcast(to: x.shape, axes: (0..<x.rank).filter { $0 != axis }) + x
        case 14: return x.sliced(axis: axis, 0..<max(1, x.shape[axis] - 1))
        case 15:
            let edges = (0..<x.rank).map { _ in random.integer(0...1) }
            return x.shape.count > 16 ? x : x.padded(low: edges, high: edges.map { 1 - $0 }, interior: edges)
        case 16: return concatenate([x, y], axis: axis).sliced(axis: axis, 1..<(1 + x.shape[axis]))
        case 17: return x.cumulativeSum(axis: axis)
        case 18:
            let products = dotGeneral(x, y, contracting: ([axis], [axis])) * 0.2
            return products.rank == 0 ? products : products.sum(over: [0])
        case 19: return x.rows(at: indices)
        case 20:
            let rows = x.rows(at: indices)
            return x.adding(rows * rows, at: indices)
        case 21:
            // A repetition that repeats nothing, of what is only just computed.
            return Trace.apply(BroadcastInDim(to: x.shape, dimensions: Array(0..<x.rank)), [x.sine()])[0] + y
        case 22:
            // A repetition of what lies in memory under other axes.
            let column = (x.shape.count > 16 ? x.sum() : x).reshaped([x.shape.count > 16 ? 1 : x.shape.count, 1])
            return (column.broadcast(to: [column.shape[0], 2], axes: [0, 1]) + 0.5).sum(over: [1]) * 0.4
        case 23:
            // The first numbers of one tensor slide over the other, lanes of either or both.
            let (row, weights) = (x.reshaped([1, x.shape.count, 1]), y.reshaped([y.shape.count]))
            let kernel = weights.sliced(axis: 0, 0..<min(3, y.shape.count)).reshaped([min(3, y.shape.count), 1, 1])
            let spread = random.integer(1...2)
            let sums = convolution(row, kernel, stride: [spread], padding: .same, kernelDilation: [3 - spread])
            return sums.reshaped([sums.shape.count]) * 0.3
        case 24:
            let count = x.shape.count
            guard count > 1 else { return x.sine() }
            let row = x.reshaped([count])
            gaps.append((row.sliced(axis: 0, 1..<count) - row.sliced(axis: 0, 0..<(count - 1))).absolute())
            return maxPool(row.reshaped([1, count, 1]), window: [2], stride: [1]).reshaped([count - 1])
        case 25:
            let slide = x.shape.sizes.map { _ in random.integer(1...2) }
            return windowSum(x, window: slide, stride: slide.reversed(), padding: .same, inputDilation: slide) * 0.4
        case 27 where hasLoops:
            // Ends when the sum is large, be that never.
            let start = x.sum(over: [axis])
            let ended = scan(start, count: 4, until: { $0.sum() .> 0.6 }) { carry, step in
                (carry + y.sine().sum() * 0.2, carry * step.converted(to: .f32))
            }
            gaps += (0..<5).map {
                (start.sum() + y.sine().sum() * (0.2 * Double($0 * start.shape.count)) - 0.6).absolute()
            }
            return ended.outputs.sum(over: [0]) + ended.carry
        case 28:
            let shared = y.sine()
            return checkpoint([x, y]) { ($0[0] * $0[1]).sine() + $0[0].sum() * shared * 0.2 }
        case 29:
            return customDerivative(
                "product",
                at: [x, y],
                of: { $0[0].sine() * $0[1] },
                pullback: { dy, given, _ in [dy * given[0].cosine() * given[1], dy * given[0].sine()] },
                tangents: { d, given, y in d[0] * given[0].cosine() * given[1] + given[0].sine() * d[1] + y * 0 }
            )
        default:
            guard hasLoops else { return sort(x, axis, &gaps) }
            return random.oneIn(3) ? sort(x, axis, &gaps) : loop(x, y, isReverse: random.oneIn(2))
        }
    }

    private func sort(_ x: Tensor, _ axis: Int, _ gaps: inout [Tensor]) -> Tensor {
        let ordered = sorted([x, x.sine()], axis: axis)
        let (low, high) = (0..<(x.shape[axis] - 1), 1..<max(1, x.shape[axis]))
        if x.shape[axis] > 1 { gaps.append(ordered[0].sliced(axis: axis, high) - ordered[0].sliced(axis: axis, low)) }
        return ordered[0] * ordered[1]
    }

    /// A loop over the rows of x with a loop inside, and a tensor from outside.
    private func loop(_ x: Tensor, _ y: Tensor, isReverse: Bool) -> Tensor {
        let shared = y.sum() * 0.1
        let start = x.sum(over: [0])
        let step = { (carry: Tensor, row: Tensor) in
            let inner = scan(carry, count: 2) { carry, step in
                ((carry * 0.7 + row * step.converted(to: .f32)).tanh(), Nothing())
            }.carry
            return (inner * shared + carry * 0.5, inner * row)
        }
        let outer =
            x.rank > 1
            ? scan(start, over: x, reversed: isReverse, body: step)
            : scan(start, over: x, storingEvery: 2, reversed: isReverse, body: step)
        return outer.outputs + outer.carry.broadcast(to: outer.outputs.shape)
    }
}

extension Seeded {
    /// The sizes of a tensor of a few elements.
    fileprivate mutating func sizes() -> [Int] {
        let rank = integer(1...3)
        return (0..<rank).map { _ in integer(1...(rank > 2 ? 2 : 4)) }
    }
}
