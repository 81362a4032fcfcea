/// A Swift number type that tensors are made of.
public protocol TensorElement: Sendable, Equatable {
    /// The type's name in programs.
    static var element: ElementType { get }
}

extension Float: TensorElement {
    /// `f32`
    public static var element: ElementType { .f32 }
}
extension Double: TensorElement {
    /// `f64`
    public static var element: ElementType { .f64 }
}
extension Int32: TensorElement {
    /// `i32`
    public static var element: ElementType { .i32 }
}
extension UInt32: TensorElement {
    /// `u32`
    public static var element: ElementType { .u32 }
}
extension UInt8: TensorElement {
    /// `u8`
    public static var element: ElementType { .u8 }
}

/// A tensor with its numbers: what goes into a program and what comes out.
public struct TensorValue: Sendable, Hashable {
    /// The element type and the shape.
    public let type: TensorType
    /// The elements in row-major order, each little-endian.
    public let bytes: [UInt8]

    /// Takes elements as bytes.
    ///
    /// - Returns: nil unless there are exactly as many bytes as the type says, and truth values are 0 or 1.
    public init?(type: TensorType, bytes: [UInt8]) {
        guard bytes.count == type.shape.checkedByteCount(of: type.element) else { return nil }
        guard type.element != .bool || bytes.allSatisfy({ $0 <= 1 }) else { return nil }
        self.type = type
        self.bytes = bytes
    }

    /// A tensor of numbers in row-major order.
    ///
    /// - Precondition: there are as many numbers as the shape says.
    public init<Element: TensorElement>(_ elements: [Element], shape: Shape) {
        precondition(elements.count == shape.count, "\(elements.count) elements do not fill \(shape)")
        type = TensorType(Element.element, shape)
        bytes = elements.withUnsafeBytes(Array.init)
    }

    /// A vector.
    public init<Element: TensorElement>(_ elements: [Element]) {
        self.init(elements, shape: [elements.count])
    }

    /// A single number.
    public init<Element: TensorElement>(scalar: Element) {
        self.init([scalar], shape: .scalar)
    }

    /// Truth values, one byte each.
    public init(_ truths: [Bool], shape: Shape) {
        precondition(truths.count == shape.count, "\(truths.count) elements do not fill \(shape)")
        type = TensorType(.bool, shape)
        bytes = truths.map { $0 ? 1 : 0 }
    }

    /// The sizes of the axes.
    public var shape: Shape { type.shape }

    /// The elements as numbers of a Swift type.
    ///
    /// - Precondition: the tensor is made of such numbers (a `bool` tensor may be read as `UInt8`).
    public func elements<Element: TensorElement>(as _: Element.Type = Element.self) -> [Element] {
        precondition(
            Element.element == type.element || (type.element == .bool && Element.element == .u8),
            "a tensor of \(type.element) is read as \(Element.element)"
        )
        return bytes.withUnsafeBytes { raw in
            [Element](unsafeUninitializedCapacity: type.shape.count) { elements, count in
                UnsafeMutableRawBufferPointer(elements).copyMemory(from: raw)
                count = type.shape.count
            }
        }
    }

    /// The elements of an `f32` tensor.
    public var floats: [Float] { elements() }

    /// The tensor's blob: one byte of element type, one of rank, six of zero, each size in 8 bytes, then the elements;
    /// everything little-endian.
    public var blob: [UInt8] {
        var blob: [UInt8] = [type.element.rawValue, UInt8(type.shape.rank), 0, 0, 0, 0, 0, 0]
        blob.reserveCapacity(8 + 8 * type.shape.rank + bytes.count)
        for size in type.shape.sizes { blob.append(littleEndian: UInt64(size)) }
        blob += bytes
        return blob
    }

    /// Reads what `blob` wrote.
    ///
    /// - Returns: nil when the bytes are not exactly one tensor, or one that no program can have.
    public init?(blob: [UInt8]) {
        guard let value = blob.withUnsafeBytes({ TensorValue(blob: $0) }) else { return nil }
        self = value
    }

    /// Reads a blob that lies in memory.
    ///
    /// - Returns: nil when the bytes are not exactly one tensor, or one that no program can have.
    package init?(blob: UnsafeRawBufferPointer) {
        guard let type = TensorType(ofBlob: blob) else { return nil }
        self.type = type
        bytes = Array(blob[(8 + 8 * type.shape.rank)...])
    }

    /// Whether no number is infinite or none at all; whole numbers and truth values always are finite. Costs less than a
    /// tenth of a nanosecond per byte.
    public var isFinite: Bool {
        switch type.element {
        case .f32: areFinite(exponent: UInt32(0x7f80_0000))
        case .f64: areFinite(exponent: UInt64(0x7ff0_0000_0000_0000))
        case .i32, .u32, .u8, .bool: true
        }
    }

    /// Whether no number has an exponent of ones only.
    private func areFinite<Bits: FixedWidthInteger>(exponent: Bits) -> Bool {
        bytes.withUnsafeBytes { raw in
            var found = Bits.zero
            for offset in stride(from: 0, to: raw.count, by: MemoryLayout<Bits>.size) {
                let bits = raw.loadUnaligned(fromByteOffset: offset, as: Bits.self)
                found |= bits & exponent == exponent ? 1 : 0
            }
            return found == 0
        }
    }

    /// The name of the tensor's blob, by which tasks refer to it. Costs about a nanosecond per byte.
    public var hash: Hash { .ofBlob(blob) }
}
