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
public struct TensorValue: Sendable {
    /// The element type and the shape.
    public let type: TensorType
    private let content: TensorContent

    /// The elements in row-major order, each little-endian. A copy where they lie in a mapped file.
    public var bytes: [UInt8] { content.bytes }

    /// Takes elements as bytes.
    ///
    /// - Returns: nil unless there are exactly as many bytes as the type says, and truth values are 0 or 1.
    public init?(type: TensorType, bytes: [UInt8]) {
        guard bytes.count == type.shape.checkedByteCount(of: type.element) else { return nil }
        guard type.element != .bool || bytes.allSatisfy({ $0 <= 1 }) else { return nil }
        self.type = type
        content = .own(bytes)
    }

    /// A tensor whose elements lie somewhere, as many bytes as its type says.
    init(type: TensorType, content: TensorContent) {
        self.type = type
        self.content = content
    }

    /// A tensor of numbers in row-major order.
    ///
    /// - Precondition: there are as many numbers as the shape says.
    public init<Element: TensorElement>(_ elements: [Element], shape: Shape) {
        precondition(elements.count == shape.count, "\(elements.count) elements do not fill \(shape)")
        type = TensorType(Element.element, shape)
        content = .own(elements.withUnsafeBytes(Array.init))
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
        content = .own(truths.map { $0 ? 1 : 0 })
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
        return withBytes { raw in
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
        [UInt8](unsafeUninitializedCapacity: blobByteCount) { blob, count in
            writeBlob(to: UnsafeMutableRawBufferPointer(blob))
            count = blobByteCount
        }
    }

    /// Bytes of the blob.
    package var blobByteCount: Int { 8 + 8 * type.shape.rank + type.byteCount }

    /// Writes the blob where it is to lie.
    ///
    /// - Precondition: there is as much room as it has bytes.
    package func writeBlob(to target: UnsafeMutableRawBufferPointer) {
        precondition(target.count >= blobByteCount, "a blob needs \(blobByteCount) bytes")
        let header = UInt64(type.element.rawValue) | UInt64(UInt8(type.shape.rank)) << 8
        target.storeBytes(of: header.littleEndian, as: UInt64.self)
        for (axis, size) in type.shape.sizes.enumerated() {
            target.storeBytes(of: UInt64(size).littleEndian, toByteOffset: 8 + 8 * axis, as: UInt64.self)
        }
        withBytes { UnsafeMutableRawBufferPointer(rebasing: target[(8 + 8 * type.shape.rank)...]).copyMemory(from: $0) }
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
    /// Nil when the bytes are not exactly one tensor, or one that no program can have.
    ///
    /// - Parameters:
    ///   - blob: The bytes.
    ///   - owner: Keeps the bytes where they are as long as it lives; then a large tensor is not copied. Else nil.
    package init?(blob: UnsafeRawBufferPointer, of owner: (any AnyObject & Sendable)? = nil) {
        guard let type = TensorType(ofBlob: blob) else { return nil }
        self.type = type
        content = TensorContent(UnsafeRawBufferPointer(rebasing: blob[(8 + 8 * type.shape.rank)...]), of: owner)
    }

    /// Reads a blob of which the type is known, as `init(blob:of:)` does; nil when it is that of another one.
    package init?(blob: UnsafeRawBufferPointer, type: TensorType, of owner: (any AnyObject & Sendable)? = nil) {
        guard type.isType(ofBlob: blob) else { return nil }
        self.type = type
        content = TensorContent(UnsafeRawBufferPointer(rebasing: blob[(8 + 8 * type.shape.rank)...]), of: owner)
    }

    /// Gives access to the elements where they lie, for the duration of the call.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try content.withBytes(body)
    }

    /// Whether no number is infinite or none at all; whole numbers and truth values always are finite. Costs less than a
    /// tenth of a nanosecond per byte.
    public var isFinite: Bool { withBytes { type.areFinite($0) } }

    /// The name of the tensor's blob, by which tasks refer to it. Costs about a nanosecond per byte.
    public var hash: Hash { .ofBlob(blob) }
}

extension TensorValue: Hashable {
    /// Tensors are equal when their types and all their bits are.
    public static func == (left: TensorValue, right: TensorValue) -> Bool {
        left.type == right.type && left.content == right.content
    }

    /// Feeds the type and all bits to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(type)
        withBytes { hasher.combine(bytes: $0) }
    }
}
