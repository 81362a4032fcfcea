/// The element type and the shape of a tensor: all that is known of it before a program runs.
public struct TensorType: Hashable, Sendable, CustomStringConvertible {
    /// What the tensor is made of.
    public var element: ElementType
    /// The sizes of its axes.
    public var shape: Shape

    /// A tensor of `element`s.
    public init(_ element: ElementType, _ shape: Shape) {
        self.element = element
        self.shape = shape
    }

    /// Bytes of all elements; `Int.max` when there are more.
    public var byteCount: Int { shape.count.multipliedClamped(by: element.byteCount) }

    /// The most axes that a tensor has in any program.
    public static let rankLimit = 16

    /// The most bytes that a tensor has in any program, an axis of size 0 counted as one of size 1: far beyond every
    /// machine, and so far below an overflow that strides and sums of a few sizes need no check.
    public static let byteLimit = 1 << 50

    /// Why there is no tensor of this type in any program; nil when there may be one.
    package var excess: String? {
        guard shape.rank <= Self.rankLimit else { return "has more than \(Self.rankLimit) axes" }
        let extent = shape.sizes.reduce(element.byteCount) { $0.multipliedClamped(by: max(1, $1)) }
        return extent > Self.byteLimit ? "is too large for any machine" : nil
    }

    /// As `f32[32, 64]`.
    public var description: String { "\(element)\(shape)" }
}

extension TensorType {
    /// The type of the tensor whose blob this is.
    ///
    /// - Returns: nil when the bytes are not exactly one tensor, or one that no program can have.
    package init?(ofBlob blob: UnsafeRawBufferPointer) {
        guard blob.count >= 8, let element = ElementType(rawValue: blob[0]), blob[2..<8].allSatisfy({ $0 == 0 }) else {
            return nil
        }
        let header = 8 + 8 * Int(blob[1])
        guard blob.count >= header else { return nil }
        var sizes: [Int] = []
        sizes.reserveCapacity(Int(blob[1]))
        for axis in 0..<Int(blob[1]) {
            let size = UInt64(littleEndian: blob.loadUnaligned(fromByteOffset: 8 + 8 * axis, as: UInt64.self))
            guard let size = Int(exactly: size) else { return nil }
            sizes.append(size)
        }
        self.init(element, Shape(sizes))
        guard excess == nil, blob.count - header == shape.checkedByteCount(of: element) else { return nil }
        guard element != .bool || blob[header...].allSatisfy({ $0 <= 1 }) else { return nil }
    }
}
