import Tasks
import Tensors
import Wire

@testable import Coordination

/// A recipe in the simulation: rounds of tasks, each a function of what all before it found. Its model is a digest of
/// every result in the order of the tasks, as a real recipe's weights are.
struct Training {
    let tasks: Int
    let rounds: Int
    let keeping: Keeping
    private(set) var round = 0
    /// What the present round has found, by task.
    private(set) var results: [Int: [TensorBlob]] = [:]
    /// The tasks of the present round, by hash.
    private(set) var open: [Hash: Int] = [:]
    private(set) var state: Hash
    private var arrivals: [Int] = []
    /// How often a result came that was there already.
    private(set) var duplicates = 0

    init(tasks: Int, rounds: Int, keeping: Keeping) {
        self.tasks = tasks
        self.rounds = rounds
        self.keeping = keeping
        state = Self.start
    }

    private static let start = Hash(of: [0])

    /// The model; nil before the end.
    var model: Hash? { round == rounds ? state : nil }

    mutating func restart() { self = Training(tasks: tasks, rounds: rounds, keeping: keeping) }

    /// The tensor that all tasks of the present round are functions of.
    private var input: TensorBlob { TensorBlob(name: state, type: TensorType(.f32, [4])) }

    /// The tasks of the present round, when it has not begun.
    mutating func begin() -> [TaskSpecification] {
        guard round < rounds, open.isEmpty else { return [] }
        let specifications = (0..<tasks).map(specification)
        for (index, specification) in specifications.enumerated() { open[specification.task] = index }
        return specifications
    }

    private func specification(_ index: Int) -> TaskSpecification {
        var salt = 0
        while true {
            let input = TensorBlob(name: Hash(of: state.bytes + [UInt8(index), UInt8(salt)]), type: self.input.type)
            let program = Truth.program(index % 30)
            let task = Hash.ofTask(program: program.hash, inputs: [input.name])
            salt += 1
            guard Truth.nature(of: task) == .healthy else { continue }
            return TaskSpecification(
                task: task,
                role: .round(round),
                program: program,
                inputs: [input],
                outputs: Truth.outputs(of: task, inputs: [input]).map(\.type),
                keeping: keeping
            )
        }
    }

    /// Takes a result.
    ///
    /// - Returns: whether the round is over.
    mutating func take(_ outputs: [TensorBlob], of task: Hash, inOrder: Bool) -> Bool {
        guard let index = open[task] else { return false }
        if results[index] != nil { duplicates += 1 }
        results[index] = outputs
        arrivals.append(index)
        guard results.count == tasks else { return false }
        var bytes = state.bytes
        for index in inOrder ? Array(0..<tasks) : arrivals {
            for output in results[index] ?? [] { bytes += output.name.bytes }
        }
        state = Hash(of: bytes)
        round += 1
        results = [:]
        open = [:]
        arrivals = []
        return true
    }

    /// The model of a run in which nothing goes wrong.
    var calmModel: Hash {
        var calm = Training(tasks: tasks, rounds: rounds, keeping: keeping)
        while calm.model == nil {
            for task in calm.begin() {
                _ = calm.take(Truth.outputs(of: task.task, inputs: task.inputs), of: task.task, inOrder: true)
            }
        }
        return calm.state
    }
}
