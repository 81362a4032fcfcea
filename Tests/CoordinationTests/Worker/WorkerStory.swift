import Tasks
import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

/// A worker's life that is told one thing after the other.
struct WorkerStory {
    var life: WorkerLife
    var now = Instant(nanoseconds: 0)

    init(
        slots: Int = 1,
        memoryLimit: Int = 0,
        cacheBytes: Int = .max,
        wait: Duration? = nil,
        hasKeys: Bool = false
    ) {
        let greeting = Hello(
            numericsVersion: 1,
            name: "worker",
            build: "",
            slots: slots,
            cores: 1,
            memoryLimitBytes: memoryLimit,
            processID: 1
        )
        var settings = WorkerLife.Settings(greeting)
        settings.wait = wait
        settings.hasKeys = hasKeys
        settings.cacheBytes = cacheBytes
        life = WorkerLife(settings)
    }

    mutating func tell(_ event: WorkerLife.Event) -> [WorkerLife.Action] { life.handle(event, at: now) }
    mutating func hear(_ message: Message, blobs: [Hash] = []) -> [WorkerLife.Action] {
        tell(.received(message, blobs: blobs))
    }

    mutating func pass(_ duration: Duration) { now = now.advanced(by: duration) }

    /// Connects and is admitted.
    @discardableResult
    mutating func join(_ session: UInt64 = 7) -> [WorkerLife.Action] {
        _ = tell(.connected)
        return hear(Self.welcome(session))
    }

    static func welcome(_ session: UInt64, attachedBytes: Int = WireLimits.attachedNearby) -> Message {
        let (interval, timeout) = (Duration.milliseconds(500), Duration.seconds(2))
        return .welcome(
            Welcome(
                session: session,
                heartbeatInterval: interval,
                heartbeatTimeout: timeout,
                build: "",
                attachedBytes: attachedBytes
            )
        )
    }

    /// What is done when a data connection is first of use to session 7, or another one.
    static let opening = opening(7)
    static func opening(_ session: UInt64) -> WorkerLife.Action {
        .openSupply(DataHello(session: session, token: 0), isNearby: true)
    }

    static func assignment(_ number: Int, attempt: Int = 1, inputs: [TensorBlob] = []) -> Assignment {
        let task = Trial.task(number, of: inputs)
        return Assignment(
            task: task.task,
            attempt: attempt,
            role: task.role,
            program: Truth.program(0),
            inputs: inputs,
            attached: []
        )
    }

    /// Assigns a task, with all that it needs.
    mutating func assign(_ number: Int, attempt: Int = 1, inputs: [TensorBlob] = []) -> [WorkerLife.Action] {
        let assignment = Self.assignment(number, attempt: attempt, inputs: inputs)
        return hear(.assignment(assignment), blobs: [assignment.program.name] + inputs.map(\.name))
    }

    static func started(_ number: Int, attempt: Int = 1, of inputs: [TensorBlob] = []) -> WorkerLife.Action {
        .send(.started(TaskStarted(task: Trial.task(number, of: inputs).task, attempt: attempt)))
    }

    static func failed(
        _ number: Int,
        _ code: TaskFailed.Code,
        _ sentence: String,
        attempt: Int = 1
    ) -> WorkerLife.Action {
        .send(.failed(TaskFailed(task: Trial.task(number).task, attempt: attempt, code: code, sentence: sentence)))
    }

    static func offer(_ number: Int, _ output: TensorBlob, attempt: Int = 1) -> WorkerLife.Action {
        .offer(
            TaskFinished(
                task: Trial.task(number).task,
                attempt: attempt,
                outputs: [TaskOutput(output, isAttached: output.byteCount <= WireLimits.attachedOutput)],
                wallNanoseconds: 1
            )
        )
    }

    static func beat(_ session: UInt64, _ tasks: [TaskProgress] = []) -> WorkerLife.Action {
        .send(.heartbeat(Heartbeat(session: session, tasks: tasks)))
    }
}
