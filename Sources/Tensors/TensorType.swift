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

    /// Whether a blob is that of a tensor of this type. Unlike a look at the type of the blob, it takes no memory.
    package func isType(ofBlob blob: UnsafeRawBufferPointer) -> Bool {
        let header = 8 + 8 * shape.rank
        guard excess == nil, blob.count >= header, blob.count - header == shape.checkedByteCount(of: element),
            blob[0] == element.rawValue, blob[1] == UInt8(exactly: shape.rank), blob[2..<8].allSatisfy({ $0 == 0 })
        else { return false }
        for (axis, size) in shape.sizes.enumerated()
        where UInt64(littleEndian: blob.loadUnaligned(fromByteOffset: 8 + 8 * axis, as: UInt64.self)) != UInt64(size) {
            return false
        }
        return element != .bool || blob[header...].allSatisfy { $0 <= 1 }
    }

    /// Whether no number of a tensor of this type is infinite or none at all; whole numbers and truth values always are finite.
    /// Costs less than a tenth of a nanosecond per byte.
    ///
    /// - Parameter elements: Where they lie.
    /// - Returns: false where there is one.
    package func areFinite(_ elements: UnsafeRawBufferPointer) -> Bool {
        switch element {
        case .f32: Self.areFinite(elements, exponent: UInt32(0x7f80_0000))
        case .f64: Self.areFinite(elements, exponent: UInt64(0x7ff0_0000_0000_0000))
        case .i32, .u32, .u8, .bool: true
        }
    }

    /// Whether no number has an exponent of ones only.
    private static func areFinite<Bits: FixedWidthInteger>(_ elements: UnsafeRawBufferPointer, exponent: Bits) -> Bool {
        var found = Bits.zero
        for offset in stride(from: 0, to: elements.count, by: MemoryLayout<Bits>.size) {
            let bits = elements.loadUnaligned(fromByteOffset: offset, as: Bits.self)
            found |= bits & exponent == exponent ? 1 : 0
        }
        return found == 0
    }
}
