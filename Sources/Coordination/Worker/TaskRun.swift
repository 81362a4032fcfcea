import Execution
import Tasks
import Wire

/// A task that a worker computes, or that waits for a thread.
struct TaskRun: Sendable {
    /// What came of it, and how long it computed.
    struct Outcome: Sendable {
        let result: Result<[TaskExecutor.Output], TaskExecutor.Failure>
        let took: Duration

        /// Whether it was computed to its end.
        var isDone: Bool { if case .success = result { true } else { false } }
    }

    let number: Int
    let assignment: Assignment
    let program: Frame
    let inputs: [Frame]
    let control = RunControl()

    /// Computes it, on the thread that asks.
    func outcome(by executor: TaskExecutor) -> Outcome {
        KillPoint.computing.pass(with: assignment.role.description)
        defer { KillPoint.computed.pass() }
        let start = Instant.now
        let result = executor.run(assignment, program: program, inputs: inputs, control: control)
        return Outcome(result: result, took: start.duration(to: .now))
    }

    /// How far it is.
    var progress: WorkerLife.Progress {
        let (step, total) = control.progress
        return WorkerLife.Progress(step: step, total: total)
    }
}
