import Execution
import Tasks
import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("Running what came from outside")
struct TaskExecutorTests {
    private let a = TensorValue([1, 2, 3, 4] as [Float])
    private let program: Program
    private let packed: [UInt8]

    init() throws {
        let type = TensorType(.f32, [4])
        program = try Program.trace([Port("a", type), Port("b", type)]) { ["sum": $0[0] + $0[1]] }
        packed = try program.flat.encoded()
    }

    private func assignment(
        task: Hash? = nil,
        hash: Hash? = nil,
        inputs: [TensorValue]? = nil,
        type: TensorType? = nil
    ) -> Assignment {
        let inputs = inputs ?? [a, a]
        return Assignment(
            task: task ?? .ofTask(program: program.hash, inputs: inputs.map(\.hash)),
            attempt: 1,
            role: .round(0),
            program: ProgramBlob(hash: hash ?? program.hash, name: .ofBlob(packed), byteCount: packed.count),
            inputs: inputs.map { TensorBlob(name: $0.hash, type: type ?? $0.type) }
        )
    }

    private func failure(
        _ assignment: Assignment,
        program: [UInt8]? = nil,
        inputs: [[UInt8]]? = nil,
        memoryLimit: Int = 1 << 20
    ) -> TaskExecutor.Failure? {
        let executor = TaskExecutor(memoryLimit: memoryLimit)
        let result = executor.run(
            assignment,
            program: Frame(program ?? packed),
            inputs: (inputs ?? [a.blob, a.blob]).map { Frame($0) },
            control: RunControl()
        )
        if case .failure(let failure) = result { return failure }
        return nil
    }

    @Test("an honest task gives the program's outputs and their blobs")
    func honest() throws {
        let executor = TaskExecutor(memoryLimit: 1 << 20)
        for _ in 0..<2 {
            let outputs = try executor.run(
                assignment(),
                program: Frame(packed),
                inputs: [Frame(a.blob), Frame(a.blob)],
                control: RunControl()
            ).get()
            let sum = TensorValue([2, 4, 6, 8] as [Float])
            #expect(outputs.map(\.blob.bytes) == [sum.blob])
            #expect(outputs.map(\.tensor) == [TensorBlob(name: sum.hash, type: sum.type)])
        }
    }

    @Test("whatever does not fit together is refused with a sentence")
    func refused() {
        let other = Hash(of: [1])
        let cases: [(TaskExecutor.Failure?, String)] = [
            (failure(assignment(hash: other)), "the program is called \(other.short), but its content says"),
            (failure(assignment(task: other)), "the task is called \(other.short), but its content says"),
            (failure(assignment(inputs: [a]), inputs: [a.blob]), "the program takes 2 inputs, but 1 are assigned"),
            (failure(assignment(), program: [1, 2, 3]), "the program is refused: "),
            (failure(assignment(), program: []), "the program is refused: "),
            (failure(assignment(), inputs: [a.blob, [1]]), "input 1 is no tensor of type f32[4]"),
            (failure(assignment(type: TensorType(.f32, [3]))), "input 0 is no tensor of type f32[3]"),
        ]
        for (failure, sentence) in cases {
            #expect(failure?.code == .refused)
            #expect(failure?.sentence.hasPrefix(sentence) == true, "\(failure?.sentence ?? "")")
        }
        let wrong = TensorValue([1] as [Float])
        let failure = failure(assignment(inputs: [a, wrong]), inputs: [a.blob, wrong.blob])
        #expect(failure?.code == .refused)
        #expect(failure?.sentence == "input 'b' must be f32[4], but is f32[1]")
    }

    @Test("a program that does not fit the memory is given back with the figures")
    func memory() {
        let failure = failure(assignment(), memoryLimit: 40)
        #expect(failure?.code == .tooLarge)
        #expect(failure?.sentence.contains("40 are allowed") == true, "\(failure?.sentence ?? "")")
    }

    @Test("a run that was stopped says so")
    func cancelled() throws {
        let scalar = TensorType(.f32, [])
        let loop = try Program.trace([Port("x", scalar)]) { inputs in
            ["x": scan(inputs[0], count: 1_000) { x, _ in (x * 0.5, x) }.carry]
        }
        let bytes = try loop.flat.encoded()
        let x = TensorValue(scalar: 1 as Float)
        let assignment = Assignment(
            task: .ofTask(program: loop.hash, inputs: [x.hash]),
            attempt: 1,
            role: .round(0),
            program: ProgramBlob(hash: loop.hash, name: .ofBlob(bytes), byteCount: bytes.count),
            inputs: [TensorBlob(name: x.hash, type: x.type)]
        )
        let control = RunControl()
        control.cancel()
        let result = TaskExecutor(memoryLimit: 1 << 20)
            .run(assignment, program: Frame(bytes), inputs: [Frame(x.blob)], control: control)
        guard case .failure(let failure) = result else {
            Issue.record("it ran")
            return
        }
        #expect(failure.code == .cancelled)
    }

    @Test("a program with any bytes changed runs or is refused, and never does harm")
    func mutated() {
        var random = Seeded(1)
        for number in 0..<3_000 {
            var bytes = packed
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.remove(at: Int.random(in: 0..<bytes.count, using: &random))
                case 1:
                    bytes.insert(
                        UInt8.random(in: 0...255, using: &random),
                        at: Int.random(in: 0..<bytes.count, using: &random)
                    )
                default:
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
            }
            // Claim the hash that the content has, so that it is compiled and run where it can be.
            let mutant = (try? FlatProgram(decoding: bytes)).flatMap { try? Program($0) }
            let hash = mutant?.hash ?? program.hash
            let task = Hash.ofTask(program: hash, inputs: [a.hash, a.hash])
            let failure = failure(assignment(task: task, hash: hash), program: bytes)
            #expect(failure == nil || failure?.code != .cancelled, "mutant \(number)")
        }
    }
}
