import Tasks
import Tensors
import Wire

/// Several works of a brief program as one task, since to hand a task over takes longer than such a program runs. What differs
/// between them travels as one tensor for each input, and what they find as one for each output, so that all that is done for
/// a tensor on its way is done once for all of them.
enum Fusion {
    /// Works in one task at most.
    static let mostWorks = 16
    /// How long such a task may run, about.
    static let span = Duration.microseconds(100)
    /// Bytes of the tensors of a work alone, and nodes of its program; with more of them there is little to be gained.
    static let mostBytes = 4_096
    static let mostNodes = 256
    /// Bytes of one tensor of a task: what rides along with a message also where the way is slow.
    static let mostStackBytes = WireLimits.attachedFar / 4
    /// Inputs, or outputs, of a task: more of them do not ride along with messages, but travel one by one.
    static let mostTensors = WireLimits.frames
    /// Tasks that each worker shall have at least, so that none is without work while others have much.
    static let leastTasks = 4

    /// How many works of a program make one task; 1 where each is better off alone.
    ///
    /// - Parameters:
    ///   - program: The program.
    ///   - isShared: For each input, whether it is the same for all works.
    ///   - usual: How long it usually runs; nil while that is not known.
    ///   - works: How many works there are.
    ///   - workers: How many workers share them.
    /// - Returns: a power of two, so that few programs have to be compiled.
    static func size(
        of program: Program,
        sharing isShared: [Bool],
        running usual: Duration?,
        works: Int,
        workers: Int
    ) -> Int {
        let stacked = zip(program.inputs, isShared).filter { !$1 }.map(\.0.type) + program.outputs.map(\.type)
        guard let usual, !program.inputs.isEmpty, program.function.nodes.count <= mostNodes,
            max(program.inputs.count, program.outputs.count) <= mostTensors,
            stacked.reduce(0, { $0 + $1.byteCount }) <= mostBytes
        else { return 1 }
        var size = 1
        while size < mostWorks, usual * (2 * size) <= span, 2 * size * max(workers, 1) * leastTasks <= works,
            stacked.allSatisfy({ $0.stacked(2 * size).blobByteCount <= mostStackBytes })
        {
            size *= 2
        }
        return size
    }

    /// For each input of a work, whether it must be the same for all works of a task: those that lie in the cluster must, since
    /// they lie at different places.
    static func sharing(_ work: Work) -> [Bool] { work.inputs.map { $0.content == nil } }

    /// Whether there is an input of the right type for each of a program's.
    static func fits(_ work: Work, _ program: Program) -> Bool {
        work.inputs.count == program.inputs.count && zip(work.inputs, program.inputs).allSatisfy { $0.type == $1.type }
    }

    /// Whether a work can be part of a task that begins with another.
    static func unites(_ first: Work, _ work: Work) -> Bool {
        guard first.keeping == .untilSnapshot, work.keeping == .untilSnapshot, first.inputs.count == work.inputs.count
        else { return false }
        return zip(first.inputs, work.inputs).allSatisfy { first, second in
            switch (first, second) {
            case _ where first.content != nil && second.content != nil: first.type == second.type
            case (.handle(let first), .handle(let second)) where first.held == nil && second.held == nil:
                first === second || first.hash == second.hash
            default: false
            }
        }
    }

    /// The task that does works of a program one after the other.
    ///
    /// - Returns: nil where they cannot be one task.
    static func work(of works: some Collection<Work>) -> Work? {
        guard let first = works.first, works.allSatisfy({ unites(first, $0) }) else { return nil }
        let inputs = first.inputs.indices.map { index in
            let tensors = works.compactMap { $0.inputs[index].content }
            return tensors.isEmpty ? first.inputs[index] : .value(TensorValue(stacking: tensors))
        }
        return Work(first.role, inputs: inputs, keeping: first.keeping)
    }
}
