/// Bytes that travel beside an envelope: immutable, shared by reference, not copied on the way to the socket.
///
/// `@unchecked`: the bytes do not change from `init` to `deinit`, and the owner is only kept, never called.
package final class Frame: @unchecked Sendable {
    private let start: UnsafeRawPointer?
    /// The number of bytes.
    package let count: Int
    private let owner: AnyObject?
    /// Memory of our own.
    private let memory: UnsafeMutableRawPointer?

    /// Bytes that someone keeps in place for as long as this frame lives, such as a mapped file.
    package init(lending bytes: UnsafeRawBufferPointer, of owner: any AnyObject & Sendable) {
        start = bytes.baseAddress
        count = bytes.count
        self.owner = owner
        memory = nil
    }

    /// A copy of some bytes.
    package convenience init(_ bytes: [UInt8]) { self.init(byteCount: bytes.count) { $0.copyBytes(from: bytes) } }

    /// Memory of its own, all of which is filled at once.
    package init(byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 1), alignment: 16)
        fill(UnsafeMutableRawBufferPointer(start: memory, count: byteCount))
        start = UnsafeRawPointer(memory)
        count = byteCount
        owner = nil
        self.memory = memory
    }

    deinit { memory?.deallocate() }

    /// A copy of the bytes of some frames, one after the other.
    convenience init(joining frames: some Collection<Frame>) {
        self.init(byteCount: frames.reduce(0) { $0 + $1.count }) { target in
            var place = 0
            for frame in frames {
                frame.withBytes { UnsafeMutableRawBufferPointer(rebasing: target[place...]).copyMemory(from: $0) }
                place += frame.count
            }
        }
    }

    private init(_ range: Range<Int>, of frame: Frame) {
        start = frame.start.map { $0 + range.lowerBound }
        count = range.count
        owner = frame
        memory = nil
    }

    init(receivedIn cell: consuming MessageCell) {
        let message = Received(cell)
        let bytes = message.cell.bytes
        start = bytes.baseAddress
        count = bytes.count
        owner = message
        memory = nil
    }

    /// Gives access to the bytes, for the duration of the call.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(start: start, count: count)) }
    }

    /// Some of the bytes, in the same place.
    ///
    /// - Precondition: they are within the frame.
    package func slice(_ range: Range<Int>) -> Frame {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "a slice lies within its frame")
        return Frame(range, of: self)
    }

    /// A copy of some of the bytes.
    ///
    /// - Precondition: they are within the frame.
    func copy(_ range: Range<Int>) -> Frame {
        withBytes { bytes in
            let some = UnsafeRawBufferPointer(rebasing: bytes[range])
            return Frame(byteCount: some.count) { $0.copyMemory(from: some) }
        }
    }

    /// A copy of the bytes.
    package var bytes: [UInt8] { withBytes { Array($0) } }

    /// Memory of a received message.
    private final class Received {
        let cell: MessageCell

        init(_ cell: consuming MessageCell) { self.cell = cell }
    }
}

extension Frame: Hashable {
    /// Frames are equal when their bytes are.
    package static func == (left: Frame, right: Frame) -> Bool {
        left.count == right.count && left.withBytes { left in right.withBytes { left.elementsEqual($0) } }
    }

    /// Feeds the bytes to a hasher.
    package func hash(into hasher: inout Hasher) { withBytes { hasher.combine(bytes: $0) } }
}
