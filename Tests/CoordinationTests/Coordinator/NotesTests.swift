import Tasks
import Tensors
import Testing

@testable import Coordination
@testable import Wire

/// Each message costs time on both sides, and what a worker is not told it keeps.
@Suite("What workers are told of their results")
struct NotesTests {
    /// A coordinator, and a worker that is given one task after the other.
    private struct Story {
        static let peer = PeerID(number: 1)
        var life = CoordinatorLife(CoordinatorLife.Settings(numericsVersion: 1))
        var now = Instant(nanoseconds: 0)

        init() {
            let hello = HonestWorker.greeting("worker", slots: 1)
            _ = tell(.greeted(hello, by: Self.peer, at: nil, lot: 3, token: 9))
        }

        /// - Returns: what the worker is sent.
        mutating func tell(_ event: CoordinatorLife.Event) -> [Message] {
            now = now.advanced(by: .microseconds(1))
            return life.handle(event, at: now).compactMap { action in
                if case .send(let message, _, Self.peer) = action { message } else { nil }
            }
        }

        /// Has a task done whose result comes along, is used by who asked for it, and then by nobody. Of one that gives back its
        /// input nobody needs to know any more once that is done.
        ///
        /// - Returns: what the worker is sent.
        mutating func run(_ number: Int, inputBytes: Int = 1, outputBytes: Int, echoes: Bool = false) -> [Message] {
            let program = Hash(of: Array("program \(number)".utf8))
            let type = TensorType(.u8, [outputBytes])
            let name = Hash(of: Array("input \(number)".utf8))
            let input = TensorBlob(name: name, type: TensorType(.u8, [inputBytes]))
            let task = TaskSpecification(
                task: .ofTask(program: program, inputs: [name]),
                role: .round(number),
                program: ProgramBlob(hash: program, name: program, byteCount: 1),
                inputs: [input],
                outputs: [echoes ? input.type : type],
                keeping: .untilSnapshot
            )
            let output = echoes ? input : TensorBlob(name: Hash(of: Array("output \(number)".utf8)), type: type)
            var messages = tell(.submitted(task, given: [name]))
            guard case .assignment(let assignment)? = messages.last else { return messages }
            let finished = TaskFinished(
                task: task.task,
                attempt: assignment.attempt,
                outputs: [TaskOutput(output, isAttached: true)],
                wallNanoseconds: 1
            )
            messages += tell(.said(.finished(finished), by: Self.peer, CoordinatorLife.Content()))
            messages += tell(.released([output.name]))
            return messages
        }
    }

    private static func count(_ messages: [Message]) -> (assigned: Int, told: Int, accepted: Int) {
        var (assigned, told, accepted) = (0, 0, 0)
        for message in messages {
            switch message {
            case .assignment: assigned += 1
            case .accepted(let some):
                told += 1
                accepted += some.results.count
            case .release: told += 1
            default: Issue.record("\(message)")
            }
        }
        return (assigned, told, accepted)
    }

    @Test(
        "that small ones count it is told of many at a time, and of the rest with the next heartbeat",
        arguments: [false, true]
    )
    func small(echoes: Bool) {
        var story = Story()
        let messages = (0..<100).flatMap { story.run($0, outputBytes: 4_096, echoes: echoes) }
        let (assigned, told, accepted) = Self.count(messages)
        #expect(assigned == 100)
        // Each of them leaves two names to let go of, and 32 are told at a time, in two messages.
        #expect(accepted >= 2 * 32 && told <= 2 * 200 / 32, "\(told) messages, \(accepted) results")
        let rest = story.tell(.tick).filter { $0.kind != "heartbeat" }
        #expect(accepted + Self.count(rest).accepted == 100)
    }

    @Test("that a large one counts, or one of large inputs, it is told before the next task", arguments: [1, 4_097])
    func large(inputBytes: Int) {
        var story = Story()
        for number in 0..<20 {
            let messages = story.run(number, inputBytes: inputBytes, outputBytes: 4_098 - inputBytes)
            let kinds = messages.map(\.kind)
            #expect(kinds == (number == 0 ? ["assignment"] : ["accepted", "release", "assignment"]), "task \(number)")
        }
    }
}
