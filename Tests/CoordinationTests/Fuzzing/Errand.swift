import Tasks
import Tensors
import Wire

@testable import Coordination

/// Tasks, known by their numbers, and what they leave.
enum Errand {
    /// A task with an input of its own and one that it shares with others.
    static func task(_ number: Int) -> TaskSpecification {
        let program = Truth.program(number % 30)
        let inputs = [tensor("input \(number)", isLarge: false), Truth.value(number % 3)]
        let task = Hash.ofTask(program: program.hash, inputs: inputs.map(\.name))
        return TaskSpecification(
            task: task,
            role: .named("errand \(number)"),
            program: program,
            inputs: inputs,
            outputs: outputs(of: task).map(\.type),
            keeping: number % 2 == 0 ? .recorded : .untilSnapshot
        )
    }

    /// One tensor or two, of which some are too large to ride along.
    static func outputs(of task: Hash) -> [TensorBlob] {
        (0...Int(task.bytes[1]) % 2).map { index in
            tensor("output \(index) of \(task)", isLarge: (task.bytes[2] >> UInt8(index)) % 3 == 0)
        }
    }

    private static func tensor(_ content: String, isLarge: Bool) -> TensorBlob {
        TensorBlob(name: Hash(of: Array(content.utf8)), type: TensorType(.f32, [isLarge ? 100_000 : 4]))
    }
}
