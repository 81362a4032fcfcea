import Synchronization
import Tasks
import Tensors
import Wire

/// Programs in the form in which they travel, packed once each, from any thread.
final class PackedPrograms: Sendable {
    /// A program and its blob.
    struct Packed: Sendable {
        let program: Program
        let blob: ProgramBlob
        let content: Frame
    }

    private struct Table {
        var packed: [Hash: Packed] = [:]
        /// The contents by the names of the blobs.
        var contents: [Hash: Frame] = [:]
    }

    private let known = Mutex(Table())

    /// The packed form of a program.
    ///
    /// - Throws: `WireError` when it is too large to travel.
    func pack(_ program: Program) throws(WireError) -> Packed {
        if let packed = known.withLock({ $0.packed[program.hash] }) { return packed }
        let content = try program.flat.encoded()
        let packed = Packed(
            program: program,
            blob: ProgramBlob(hash: program.hash, name: .ofBlob(content), byteCount: content.count),
            content: Frame(content)
        )
        known.withLock {
            $0.packed[program.hash] = packed
            $0.contents[packed.blob.name] = packed.content
        }
        return packed
    }

    /// The content of a packed program's blob.
    func content(of name: Hash) -> Frame? { known.withLock { $0.contents[name] } }
}
