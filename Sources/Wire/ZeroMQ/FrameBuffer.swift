/// Memory in which the bytes of a frame gather, piece by piece, and then stay.
///
/// `@unchecked`: who gathers is alone with it; once it is a frame, nothing is written any more.
package final class FrameBuffer: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer
    /// Bytes that have gathered.
    package private(set) var count = 0

    /// Room for so many bytes. What is not written takes no memory yet.
    package init(byteCount: Int) { memory = .allocate(byteCount: max(byteCount, 1), alignment: 16) }

    deinit { memory.deallocate() }

    /// Adds bytes.
    ///
    /// - Returns: whether there was room for them; else nothing is added.
    @discardableResult
    package func append(_ piece: Frame) -> Bool {
        guard piece.count <= memory.count - count else { return false }
        piece.withBytes { UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: $0) }
        count += piece.count
        return true
    }

    /// Gives access to some of what has gathered, for the duration of the call.
    ///
    /// - Precondition: it has.
    package func withBytes<Result>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "a range lies within what has gathered")
        return withExtendedLifetime(self) { body(UnsafeRawBufferPointer(rebasing: memory[range])) }
    }

    /// All that has gathered. Nothing may be added any more.
    package func frame() -> Frame { Frame(lending: UnsafeRawBufferPointer(rebasing: memory[..<count]), of: self) }
}
