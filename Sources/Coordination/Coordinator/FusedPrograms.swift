import Synchronization
import Tensors
import Wire

/// Programs that do what another does several times, written once each, from any thread.
final class FusedPrograms: Sendable {
    private struct Key: Hashable {
        let program: Hash
        let count: Int
        let isShared: [Bool]
    }

    private struct Table {
        /// Nil for what is of no use.
        var known: [Key: Program?] = [:]
        var failed: Set<Hash> = []
    }

    private let table = Mutex(Table())

    /// The program that does so many times what another does.
    ///
    /// - Parameters:
    ///   - program: The other.
    ///   - count: How many times.
    ///   - isShared: For each input, whether it is the same each time; the others lie along a first axis.
    ///   - packed: Where programs are packed.
    /// - Returns: nil when it would be too large to travel with a task, or for a worker, or when such a task has failed.
    func program(_ program: Program, _ count: Int, sharing isShared: [Bool], packed: PackedPrograms) -> Program? {
        let key = Key(program: program.hash, count: count, isShared: isShared)
        let (found, hasFailed) = table.withLock { ($0.known[key], $0.failed.contains(program.hash)) }
        guard !hasFailed else { return nil }
        if let found { return found }
        let fused = Self.fused(program, count, isShared, packed)
        table.withLock { _ = $0.known.updateValue(fused, forKey: key) }
        return fused
    }

    /// Notes that a task of several works failed. They may have run too long or needed too much together, or one of them kills
    /// its worker; so it is not tried again with this program.
    func fail(_ program: Program) { table.withLock { _ = $0.failed.insert(program.hash) } }

    /// Whatever is wrong with it, each work is better off alone.
    private static func fused(
        _ program: Program,
        _ count: Int,
        _ isShared: [Bool],
        _ packed: PackedPrograms
    ) -> Program? {
        guard let single = try? packed.pack(program), single.blob.byteCount * count <= WireLimits.frame,
            let fused = try? program.repeated(count, sharing: isShared),
            let blob = try? packed.pack(fused).blob, blob.byteCount <= WireLimits.frame,
            (try? Program(fused.flat)) != nil
        else { return nil }
        return fused
    }
}
