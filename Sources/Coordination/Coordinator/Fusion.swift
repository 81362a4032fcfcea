import Synchronization
import Tasks
import Tensors

/// Several works of a brief program as one task, since to hand a task over takes longer than such a program runs.
enum Fusion {
    /// Works in one task at most.
    static let mostWorks = 16
    /// How long such a task may run, about.
    static let span = Duration.microseconds(100)
    /// Bytes of the tensors of a work, and nodes of its program; with more of them there is little to be gained.
    static let mostBytes = 4_096
    static let mostNodes = 256
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
        var size = 1
        while size < mostWorks, usual * (2 * size) <= span, 2 * size * max(workers, 1) * leastTasks <= works {
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

    private let known = Mutex<[Key: Program]>([:])

    /// The program that does so many times what another does.
    ///
    /// - Throws: `ProgramError` when it has more tensors than a program can have.
    func program(_ program: Program, _ count: Int) throws(ProgramError) -> Program {
        let key = Key(program: program.hash, count: count)
        if let fused = known.withLock({ $0[key] }) { return fused }
        let fused = try program.repeated(count)
        known.withLock { $0[key] = fused }
        return fused
    }
}

extension Work {
    /// Whether there is an input of the right type for each of a program's.
    func fits(_ program: Program) -> Bool {
        inputs.count == program.inputs.count && zip(inputs, program.inputs).allSatisfy { $0.type == $1.type }
    }
}
