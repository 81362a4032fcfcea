import Synchronization
import Tasks
import Tensors
import Wire

/// Several works of a brief program as one task, since to hand a task over takes longer than such a program runs.
enum Fusion {
    /// Works in one task at most.
    static let mostWorks = 16
    /// How long such a task may run, about.
    static let span = Duration.microseconds(100)
    /// Bytes of the tensors of a work, and nodes of its program; with more of them there is little to be gained.
    static let mostBytes = 4_096
    static let mostNodes = 256
    /// Inputs, or outputs, of one task: more of them do not ride along with messages, but travel one by one.
    static let mostTensors = WireLimits.frames
    /// Tasks that each worker shall have at least, so that none is without work while others have much.
    static let leastTasks = 4

    /// How many works of a program make one task; 1 where each is better off alone.
    ///
    /// - Parameters:
    ///   - program: The program.
    ///   - usual: How long it usually runs; nil while that is not known.
    ///   - works: How many works there are.
    ///   - workers: How many workers share them.
    /// - Returns: a power of two, so that few programs have to be compiled.
    static func size(of program: Program, running usual: Duration?, works: Int, workers: Int) -> Int {
        let tensors = program.inputs.map(\.type) + program.outputs.map(\.type)
        guard let usual, !program.inputs.isEmpty, program.function.nodes.count <= mostNodes,
            tensors.reduce(0, { $0 + $1.byteCount }) <= mostBytes
        else { return 1 }
        let tensorCount = max(program.inputs.count, program.outputs.count)
        var size = 1
        while size < mostWorks, usual * (2 * size) <= span, 2 * size * max(workers, 1) * leastTasks <= works,
            2 * size * tensorCount <= mostTensors
        {
            size *= 2
        }
        return size
    }

    /// Whether a work can be part of a task that begins with another. What lies in the cluster lies at different places, so
    /// both must need the same of it.
    static func unites(_ first: Work, _ work: Work) -> Bool {
        guard first.keeping == .untilSnapshot, work.keeping == .untilSnapshot, first.inputs.count == work.inputs.count
        else { return false }
        return zip(first.inputs, work.inputs).allSatisfy { first, second in
            switch (first, second) {
            case (.value(let first), .value(let second)): first.type == second.type
            case (.handle(let first), .handle(let second)): first === second || first.hash == second.hash
            default: false
            }
        }
    }

    /// The task that does works one after the other: their inputs and outputs are its own, in order.
    static func work(of works: some Collection<Work>) -> Work? {
        works.first.map { Work($0.role, inputs: works.flatMap(\.inputs), keeping: $0.keeping) }
    }
}

/// Programs that do what another does several times, written once each, from any thread.
final class FusedPrograms: Sendable {
    private struct Key: Hashable {
        let program: Hash
        let count: Int
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
    ///   - packed: Where programs are packed.
    /// - Returns: nil when it would be too large to travel with a task, or for a worker, or when such a task has failed.
    func program(_ program: Program, _ count: Int, packed: PackedPrograms) -> Program? {
        let key = Key(program: program.hash, count: count)
        let (found, hasFailed) = table.withLock { ($0.known[key], $0.failed.contains(program.hash)) }
        guard !hasFailed else { return nil }
        if let found { return found }
        let fused = Self.fused(program, count, packed)
        table.withLock { _ = $0.known.updateValue(fused, forKey: key) }
        return fused
    }

    /// Notes that a task of several works failed. They may have run too long or needed too much together, or one of them kills
    /// its worker; so it is not tried again with this program.
    func fail(_ program: Program) { table.withLock { _ = $0.failed.insert(program.hash) } }

    /// Whatever is wrong with it, each work is better off alone.
    private static func fused(_ program: Program, _ count: Int, _ packed: PackedPrograms) -> Program? {
        guard let single = try? packed.pack(program), single.blob.byteCount * count <= WireLimits.frame,
            let fused = try? program.repeated(count), (try? packed.pack(fused)) != nil,
            (try? Program(fused.flat)) != nil
        else { return nil }
        return fused
    }
}

extension Work {
    /// Whether there is an input of the right type for each of a program's.
    func fits(_ program: Program) -> Bool {
        inputs.count == program.inputs.count && zip(inputs, program.inputs).allSatisfy { $0.type == $1.type }
    }
}
