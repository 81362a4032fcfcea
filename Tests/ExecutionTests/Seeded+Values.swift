import Tensors
import TestSupport

/// What random numbers are for.
enum Numbers {
    /// Between −2 and 2.
    case plain
    /// Between ½ and 2.
    case positive
    /// In random order, a tenth or more from each other and from 0, so that nothing near them changes their order.
    case apart
    /// Any bits: NaN, infinities, denormals, zeros of both signs, and equal ones.
    case any
}

extension Seeded {
    /// A shape of up to four axes, at times with an empty or a long one.
    mutating func shape() -> Shape {
        if oneIn(12) { return [integer(500...1600)] }
        return Shape((0..<integer(0...4)).map { _ in oneIn(25) ? 0 : integer(1...5) })
    }

    /// A shape of a few elements, none empty.
    mutating func smallShape(rank: ClosedRange<Int> = 0...3) -> Shape {
        let rank = integer(rank)
        return Shape((0..<rank).map { _ in integer(1...(rank > 2 ? 2 : 3)) })
    }

    mutating func value(_ type: TensorType, _ numbers: Numbers = .plain) -> TensorValue {
        let count = type.shape.count
        switch type.element {
        case .f32:
            let reals = reals(count, numbers, special: Self.floats.map(Double.init))
            return TensorValue(reals.map { Float($0) }, shape: type.shape)
        case .f64:
            return TensorValue(reals(count, numbers, special: Self.doubles), shape: type.shape)
        case .i32:
            return TensorValue(
                (0..<count).map { _ in
                    oneIn(3)
                        ? Int32(truncatingIfNeeded: next()) : pick([Int32.min, -33, -2, -1, 0, 1, 2, 31, 32, .max])
                },
                shape: type.shape
            )
        case .u32:
            return TensorValue(
                (0..<count).map { _ in
                    oneIn(3) ? UInt32(truncatingIfNeeded: next()) : pick([0, 1, 2, 7, 31, 32, 33, .max - 1, .max])
                },
                shape: type.shape
            )
        case .u8:
            return TensorValue(
                (0..<count).map { _ in oneIn(3) ? UInt8(truncatingIfNeeded: next()) : pick([0, 1, 2, 7, 8, 254, 255]) },
                shape: type.shape
            )
        case .bool:
            return TensorValue((0..<count).map { _ in oneIn(2) }, shape: type.shape)
        }
    }

    /// Indices, some of them outside 0..<count.
    mutating func indices(_ shape: Shape, below count: Int, outside: Bool) -> TensorValue {
        TensorValue(
            (0..<shape.count).map { _ in
                outside && oneIn(3)
                    ? pick([Int32.min, -1, Int32(count), Int32(count) + 1, .max])
                    : Int32(integer(0...max(0, count - 1)))
            },
            shape: shape
        )
    }

    private mutating func reals(_ count: Int, _ numbers: Numbers, special: [Double]) -> [Double] {
        switch numbers {
        case .plain: return (0..<count).map { _ in Double.random(in: -2...2, using: &self) }
        case .positive: return (0..<count).map { _ in Double.random(in: 0.5...2, using: &self) }
        case .apart:
            // Every step of 0.15 once, moved by up to 0.02, the one at 0 left out.
            return (0..<(count + 1)).map { Double($0 - count / 2) }.filter { $0 != 0 }.shuffled(using: &self)
                .prefix(count).map { $0 * 0.15 + Double.random(in: -0.02...0.02, using: &self) }
        case .any:
            return (0..<count).map { _ in
                switch integer(0...3) {
                case 0: pick(special)
                case 1: Double(Float(bitPattern: UInt32(truncatingIfNeeded: next())))
                default: Double.random(in: -2...2, using: &self)
                }
            }
        }
    }

    /// Numbers at which functions tend to go wrong.
    static let floats: [Float] = [
        0, -0.0, 1, -1, 0.5, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
        .leastNormalMagnitude, Float.leastNormalMagnitude.nextDown, .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, 88.72284, -103.97, 0.625, 0x1p-24, 1e-30, 3e9, -3e9,
    ]
    static let doubles: [Double] = [
        0, -0.0, 1, -1, 0.5, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
        .leastNormalMagnitude, Double.leastNormalMagnitude.nextDown, .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, 709.782, -745.13, 0.17, 0x1p-53, 1e-300, 5e9, -5e9,
    ]
}

extension TensorValue {
    /// One slice of the first axis.
    subscript(index: Int) -> TensorValue {
        let type = TensorType(type.element, Shape(Array(shape.sizes.dropFirst())))
        let width = type.byteCount
        guard let slice = TensorValue(type: type, bytes: Array(bytes[(index * width)..<((index + 1) * width)])) else {
            preconditionFailure("a slice of a tensor is one")
        }
        return slice
    }
}
