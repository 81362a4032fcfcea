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

    private let known = Mutex<[Hash: Packed]>([:])

    /// The packed form of a program.
    ///
    /// - Throws: `WireError` when it is too large to travel.
    func pack(_ program: Program) throws(WireError) -> Packed {
        if let packed = known.withLock({ $0[program.hash] }) { return packed }
        let content = try program.flat.encoded()
        let packed = Packed(
            program: program,
            blob: ProgramBlob(hash: program.hash, name: .ofBlob(content), byteCount: content.count),
            content: Frame(content)
        )
        known.withLock { $0[program.hash] = packed }
        return packed
    }

    /// A program that was packed.
    subscript(hash: Hash) -> Packed? { known.withLock { $0[hash] } }

    /// The content of a packed program's blob.
    func content(of name: Hash) -> Frame? {
        known.withLock { $0.values.first { $0.blob.name == name }?.content }
    }
}
