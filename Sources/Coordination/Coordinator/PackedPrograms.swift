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
        /// The types of its outputs.
        let outputs: [TensorType]
    }

    private struct Table {
        var packed: [Hash: Packed] = [:]
        /// The contents by the names of the blobs.
        var contents: [Hash: Frame] = [:]
    }

    private let known = Mutex(Table())

    /// The packed form of a program.
    ///
    /// - Throws: `WireError` when it is too large to travel, or the messages about its tasks would be.
    func pack(_ program: Program) throws(WireError) -> Packed {
        if let packed = known.withLock({ $0.packed[program.hash] }) { return packed }
        let content = try program.flat.encoded()
        let blob = ProgramBlob(hash: program.hash, name: .ofBlob(content), byteCount: content.count)
        try Self.checkMessages(of: program, blob)
        let types = program.outputs.map(\.type)
        let packed = Packed(program: program, blob: blob, content: Frame(content), outputs: types)
        known.withLock {
            $0.packed[program.hash] = packed
            $0.contents[packed.blob.name] = packed.content
        }
        return packed
    }

    /// Writes and reads the messages that will travel for each of its tasks, with the largest roles that there are, so that
    /// nothing can be wrong with them later, when it is too late to tell.
    private static func checkMessages(of program: Program, _ blob: ProgramBlob) throws(WireError) {
        let inputs = program.inputs.map { TensorBlob(name: program.hash, type: $0.type) }
        let most = Int(UInt32.max)
        for role in [
            Role.named(String(repeating: "x", count: WireLimits.label)),
            .search(round: most, features: most - 1..<most, of: most),
        ] {
            let assignment = Assignment(task: program.hash, attempt: most, role: role, program: blob, inputs: inputs)
            _ = try Message(decoding: Message.assignment(assignment).encoded())
        }
        let outputs = program.outputs.map { port in
            TaskOutput(TensorBlob(name: program.hash, type: port.type), isAttached: true)
        }
        let finished = TaskFinished(task: program.hash, attempt: most, outputs: outputs, wallNanoseconds: .max)
        _ = try Message(decoding: Message.finished(finished).encoded())
    }

    /// The content of a packed program's blob.
    func content(of name: Hash) -> Frame? { known.withLock { $0.contents[name] } }
}
