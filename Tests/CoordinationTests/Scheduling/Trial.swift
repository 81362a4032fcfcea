import Tasks
import Tensors
import Wire

@testable import Coordination

/// A scheduler that is told one thing after the other.
struct Trial {
    var scheduler = Scheduler()
    var now = Instant(nanoseconds: 0)

    mutating func tell(_ events: Scheduler.Event...) -> [Scheduler.Action] {
        events.flatMap { scheduler.handle($0, at: now) }
    }

    static func worker(_ number: UInt64) -> WorkerID { WorkerID(session: number) }

    /// A tensor; from 100 on a large one.
    static func tensor(_ number: Int) -> TensorBlob {
        TensorBlob(
            name: Hash(of: Array("tensor \(number)".utf8)),
            type: TensorType(.f32, [number < 100 ? 4 : 100_000])
        )
    }

    static func task(
        _ number: Int,
        of inputs: [TensorBlob] = [],
        keeping: Keeping = .untilSnapshot
    ) -> TaskSpecification {
        let program = Hash(of: Array("program \(number)".utf8))
        return TaskSpecification(
            task: .ofTask(program: program, inputs: inputs.map(\.name)),
            role: .named("task \(number)"),
            program: ProgramBlob(hash: program, name: program, byteCount: 1),
            inputs: inputs,
            outputs: [],
            keeping: keeping
        )
    }

    /// Submits a task whose inputs are at hand.
    mutating func submit(_ task: TaskSpecification) -> [Scheduler.Action] {
        tell(.submitted(task, given: task.inputs.map(\.name)))
    }
}

extension [Scheduler.Action] {
    /// What was assigned, and to whom.
    var assignments: [Assigned] {
        compactMap {
            if case .assign(let attempt, let worker) = $0 { Assigned(attempt: attempt, worker: worker) } else { nil }
        }
    }

    struct Assigned: Equatable {
        let attempt: Attempt
        let worker: WorkerID
    }
}
