import Tasks
import Tensors
import Testing
import Wire

@testable import Coordination

@Suite("Submission")
struct SubmissionTests {
    private let programs = PackedPrograms()

    private func sum(_ shape: Shape = [4]) throws -> Program {
        let type = TensorType(.f32, shape)
        return try Program.trace([Port("a", type), Port("b", type)]) { ["sum": $0[0] + $0[1]] }
    }

    /// The sentence with which work is refused.
    private func refusal(of program: Program, _ work: Work) -> String? {
        do throws(TaskError) {
            _ = try Submission(program, work, programs: programs, hostBlobs: HostBlobs())
            return nil
        } catch {
            return error.description
        }
    }

    @Test("a task is named by program and inputs, and brings the values among them")
    func naming() throws {
        let program = try sum()
        let (a, b) = (TensorValue([1, 2, 3, 4] as [Float]), TensorValue([5, 6, 7, 8] as [Float]))
        let submission = try Submission(
            program,
            Work(.round(3), inputs: [.value(a), .value(b)]),
            programs: programs,
            hostBlobs: HostBlobs()
        )
        let specification = submission.specification
        #expect(specification.task == .ofTask(program: program.hash, inputs: [a.hash, b.hash]))
        #expect(specification.inputs == [a, b].map { TensorBlob(name: $0.hash, type: $0.type) })
        #expect(
            Dictionary(uniqueKeysWithValues: submission.given.map { ($0.name, $0.blob.bytes) }) == [
                a.hash: a.blob, b.hash: b.blob,
            ]
        )
    }

    @Test("inputs of another number or type are refused with what is allowed")
    func inputs() throws {
        let a = TaskInput.value(TensorValue([1, 2, 3, 4] as [Float]))
        let short = TaskInput.value(TensorValue([1, 2, 3] as [Float]))
        #expect(
            try refusal(of: sum(), Work(.round(0), inputs: [a]))
                == "round 1 cannot run: the program takes 2 inputs, but 1 were given"
        )
        #expect(
            try refusal(of: sum(), Work(.round(0), inputs: [a, short]))
                == "round 1 cannot run: input 'b' must be f32[4], but is f32[3]"
        )
    }

    @Test("what would not travel is refused here, not at a worker or never")
    func unsendable() throws {
        let a = TaskInput.value(TensorValue([1, 2, 3, 4] as [Float]))
        for role in [
            Role.round(-1), .bootstrap(members: 0..<4, of: 3),
            .metaBatch(-5, tasks: 0..<1), .metaBatches(2..<4, of: 3), .search(round: 0, features: 2..<4, of: 3),
            .score(members: -2..<1, of: 3),
        ] {
            let sentence = try refusal(of: sum(), Work(role, inputs: [a, a]))
            #expect(sentence?.contains(" cannot run: ") == true, "\(role)")
        }
        for name in [String(repeating: "é", count: 500), "zero \0 character"] {
            #expect(try refusal(of: sum(), Work(.named(name), inputs: [a, a])) == nil, "it is cut")
        }
        let deep = Shape(Array(repeating: 1, count: 17))
        #expect(throws: TraceError.self) { try sum(deep) }
    }
}
