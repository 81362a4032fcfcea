/// Where the elements of a tensor lie: in memory of its own, or in somebody else's, such as a file that several processes
/// map.
enum TensorContent: Sendable {
    case own([UInt8])
    case lent(LentBytes)

    /// Smaller ones are sooner copied than held on to, and would hold on to what is larger.
    private static let lentByteCount = 64 << 10
    /// Elements have at most so many bytes, and lie at multiples of it.
    private static let alignment = 8

    /// Some bytes of an owner's, or of nobody's, which are copied.
    init(_ bytes: UnsafeRawBufferPointer, of owner: (any AnyObject & Sendable)?) {
        let isAligned = Int(bitPattern: bytes.baseAddress) % Self.alignment == 0
        if let owner, isAligned, bytes.count >= Self.lentByteCount {
            self = .lent(LentBytes(bytes, of: owner))
        } else {
            self = .own(Array(bytes))
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .own(let bytes): bytes
        case .lent(let lent): lent.withBytes { Array($0) }
        }
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        switch self {
        case .own(let bytes): try bytes.withUnsafeBytes(body)
        case .lent(let lent): try lent.withBytes(body)
        }
    }
}

extension TensorContent: Equatable {
    static func == (left: TensorContent, right: TensorContent) -> Bool {
        left.withBytes { left in
            right.withBytes { right in left.count == right.count && left.elementsEqual(right) }
        }
    }
}

/// Bytes that somebody keeps in place.
///
/// `@unchecked`: they do not change as long as their owner lives, and the owner is only kept, never called.
final class LentBytes: @unchecked Sendable {
    private let bytes: UnsafeRawBufferPointer
    private let owner: any AnyObject & Sendable

    init(_ bytes: UnsafeRawBufferPointer, of owner: any AnyObject & Sendable) {
        self.bytes = bytes
        self.owner = owner
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(bytes) }
    }
}
