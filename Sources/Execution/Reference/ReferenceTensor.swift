public import Tensors

/// A tensor as the reference interpreter holds it: floating point in `Double`, whatever its element type; integers and
/// truth values exactly.
public struct ReferenceTensor: Sendable, Hashable {
    /// Numbers in row-major order.
    public enum Elements: Sendable, Hashable {
        /// Of `f32` and `f64`.
        case reals([Double])
        /// Of integers; truth values are 0 and 1.
        case integers([Int])
    }

    /// The element type and the shape.
    public let type: TensorType
    /// The elements.
    public let elements: Elements

    /// A tensor of floating-point numbers, which need not be representable in its element type.
    ///
    /// - Precondition: the type is a floating-point one, and there are as many numbers as the shape says.
    public init(_ type: TensorType, reals: [Double]) {
        precondition(type.element.isFloat && reals.count == type.shape.count, "\(reals.count) numbers for \(type)")
        self.type = type
        elements = .reals(reals)
    }

    /// A tensor of integers or truth values; an integer beyond the element type wraps.
    ///
    /// - Precondition: the type is not a floating-point one, and there are as many numbers as the shape says.
    public init(_ type: TensorType, integers: [Int]) {
        precondition(
            !type.element.isFloat && integers.count == type.shape.count,
            "\(integers.count) numbers for \(type)"
        )
        self.type = type
        elements = .integers(integers.map(type.element.wrapped))
    }

    /// The numbers of a tensor, widened.
    public init(_ value: TensorValue) {
        switch value.type.element {
        case .f32: self.init(value.type, reals: value.elements(as: Float.self).map(Double.init))
        case .f64: self.init(value.type, reals: value.elements(as: Double.self))
        case .i32: self.init(value.type, integers: value.elements(as: Int32.self).map(Int.init))
        case .u32: self.init(value.type, integers: value.elements(as: UInt32.self).map(Int.init))
        case .u8, .bool: self.init(value.type, integers: value.elements(as: UInt8.self).map(Int.init))
        }
    }

    /// The sizes of the axes.
    public var shape: Shape { type.shape }

    /// The elements as `Double`s, whatever they are.
    public var doubles: [Double] {
        switch elements {
        case .reals(let reals): reals
        case .integers(let integers): integers.map(Double.init)
        }
    }

    /// The elements rounded to the element type.
    public var value: TensorValue {
        switch type.element {
        case .f32: TensorValue(reals.map { Float($0) }, shape: shape)
        case .f64: TensorValue(reals, shape: shape)
        case .i32: TensorValue(integers.map { Int32(truncatingIfNeeded: $0) }, shape: shape)
        case .u32: TensorValue(integers.map { UInt32(truncatingIfNeeded: $0) }, shape: shape)
        case .u8: TensorValue(integers.map { UInt8(truncatingIfNeeded: $0) }, shape: shape)
        case .bool: TensorValue(integers.map { $0 != 0 }, shape: shape)
        }
    }

    /// The elements of a floating-point tensor.
    var reals: [Double] {
        guard case .reals(let reals) = elements else { preconditionFailure("\(type) is not made of reals") }
        return reals
    }

    /// The elements of any other tensor.
    var integers: [Int] {
        guard case .integers(let integers) = elements else { preconditionFailure("\(type) is not made of integers") }
        return integers
    }

    /// The tensor of another shape whose element i is element `sources[i]` of this one.
    func taking(_ sources: [Int], shape: Shape) -> ReferenceTensor {
        let type = TensorType(type.element, shape)
        return switch elements {
        case .reals(let reals): ReferenceTensor(type, reals: sources.map { reals[$0] })
        case .integers(let integers): ReferenceTensor(type, integers: sources.map { integers[$0] })
        }
    }

    /// A tensor of some type made of elements of several tensors of this element type, `(tensor, position)` for each.
    static func taking(_ sources: [(Int, Int)], of tensors: [ReferenceTensor], as type: TensorType) -> ReferenceTensor {
        type.element.isFloat
            ? ReferenceTensor(type, reals: sources.map { tensors[$0.0].reals[$0.1] })
            : ReferenceTensor(type, integers: sources.map { tensors[$0.0].integers[$0.1] })
    }
}

extension ElementType {
    /// An integer as this type holds it: modulo 2 to the number of its bits.
    func wrapped(_ integer: Int) -> Int {
        switch self {
        case .i32: Int(Int32(truncatingIfNeeded: integer))
        case .u32: Int(UInt32(truncatingIfNeeded: integer))
        case .u8: Int(UInt8(truncatingIfNeeded: integer))
        case .bool: integer & 1
        case .f32, .f64: integer
        }
    }

    /// The bits of an integer element.
    var bitCount: Int { self == .bool ? 1 : 8 * byteCount }

    /// The integers that this type holds.
    var integers: ClosedRange<Int> {
        self == .i32 ? Int(Int32.min)...Int(Int32.max) : 0...((1 << bitCount) - 1)
    }
}

extension Shape {
    /// How far the elements that differ along some axes only lie from the first, in row-major order of these axes.
    func offsets(along axes: [Int]) -> [Int] {
        let strides = strides
        return Self.offsets(sizes: axes.map { self[$0] }, strides: axes.map { strides[$0] })
    }

    /// The sums of index times stride, over all indices below the sizes in row-major order.
    static func offsets(sizes: [Int], strides: [Int]) -> [Int] {
        zip(sizes, strides).reduce([0]) { offsets, axis in
            offsets.flatMap { offset in (0..<axis.0).map { offset + $0 * axis.1 } }
        }
    }
}
