/// The sizes of a tensor's axes, outermost first; a scalar has none.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
    /// The size of each axis, none negative.
    public let sizes: [Int]

    /// - Precondition: no size is negative.
    public init(_ sizes: [Int]) {
        precondition(sizes.allSatisfy { $0 >= 0 }, "a shape has no negative size: \(sizes)")
        self.sizes = sizes
    }

    /// A literal such as `[32, 64]`.
    public init(arrayLiteral sizes: Int...) { self.init(sizes) }

    /// The shape of a single number.
    public static let scalar = Shape([])

    /// The number of axes.
    public var rank: Int { sizes.count }

    /// The number of elements; `Int.max` when there are more.
    public var count: Int { sizes.reduce(1) { $0.multipliedClamped(by: $1) } }

    /// The size of an axis; a negative one counts from the end, so that `-1` is the last.
    public subscript(axis: Int) -> Int { sizes[axis < 0 ? sizes.count + axis : axis] }

    /// The distance in elements between neighbours along each axis in row-major order.
    public var strides: [Int] {
        var strides = [Int](repeating: 1, count: sizes.count)
        for axis in stride(from: sizes.count - 2, through: 0, by: -1) {
            strides[axis] = strides[axis + 1] &* sizes[axis + 1]
        }
        return strides
    }

    /// As `[32, 64]`.
    public var description: String { "[\(sizes.map(String.init).joined(separator: ", "))]" }
}

extension Int {
    /// The product of two numbers that are not negative, or `Int.max`: a size from outside must not trap before it is
    /// refused.
    func multipliedClamped(by other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}
