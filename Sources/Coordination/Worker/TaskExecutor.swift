import Execution
import Synchronization
import Tasks
import Tensors
import Wire

/// Runs assigned tasks on whatever thread asks for it. What came from outside is checked first: nothing of it is trusted.
final class TaskExecutor: Sendable {
    /// An output, and its blob.
    struct Output: Sendable {
        let tensor: TensorBlob
        let blob: Frame
        /// Whether all numbers are.
        let isFinite: Bool
    }

    /// Why there is no result.
    struct Failure: Error {
        let code: TaskFailed.Code
        let sentence: String
        /// Bytes that the program needs, where it is too large; 0 when that is not known.
        var neededBytes = 0
    }

    private let executor: LocalExecutor
    private let programs = Mutex(Programs())

    /// Programs that were checked, those that were used lately. By the size of their packed form, of which they take some
    /// times as much in memory.
    private struct Programs {
        var byHash: [Hash: Program] = [:]
        var policy = CachePolicy(budget: 16 << 20)
    }

    init(memoryLimit: Int) {
        executor = LocalExecutor(limits: ExecutionLimits(memory: memoryLimit))
    }

    /// Runs a task.
    ///
    /// - Parameters:
    ///   - assignment: What to run.
    ///   - program: The packed program.
    ///   - inputs: The blobs of the inputs, in order.
    ///   - control: Stops the run and tells its progress.
    /// - Returns: the outputs in the program's order, or why there are none.
    func run(
        _ assignment: Assignment,
        program: Frame,
        inputs: [Frame],
        control: RunControl
    ) -> Result<[Output], Failure> {
        Result { () throws(Failure) in
            let program = try self.program(assignment.program, from: program)
            guard program.inputs.count == inputs.count else {
                throw refusal("the program takes \(program.inputs.count) inputs, but \(inputs.count) are assigned")
            }
            let task = Hash.ofTask(program: program.hash, inputs: assignment.inputs.map(\.name))
            guard task == assignment.task else {
                throw refusal("the task is called \(assignment.task.short), but its content says \(task.short)")
            }
            var values: [TensorValue] = []
            values.reserveCapacity(inputs.count)
            for (input, blob) in zip(assignment.inputs, inputs) {
                guard let value = blob.tensor(of: input.type) else {
                    throw refusal("input \(values.count) is no tensor of type \(input.type)")
                }
                values.append(value)
            }
            let outputs: [TensorValue]
            do throws(ExecutionError) {
                outputs = try executor.run(program, values, control: control)
            } catch {
                throw Failure(error)
            }
            return outputs.map { value in
                let blob = Frame(value)
                let tensor = TensorBlob(name: blob.blobName, type: value.type)
                return Output(tensor: tensor, blob: blob, isFinite: value.isFinite)
            }
        }
    }

    /// Unpacks and checks a program, once.
    private func program(_ expected: ProgramBlob, from blob: Frame) throws(Failure) -> Program {
        let known = programs.withLock { programs in
            programs.policy.use(expected.hash)
            return programs.byHash[expected.hash]
        }
        if let known { return known }
        let program: Program
        do {
            program = try Program(FlatProgram(decoding: blob.bytes))
        } catch {
            throw refusal("the program is refused: \(error)")
        }
        guard program.hash == expected.hash else {
            throw refusal("the program is called \(expected.hash.short), but its content says \(program.hash.short)")
        }
        programs.withLock { programs in
            programs.byHash[program.hash] = program
            programs.policy.insert(program.hash, byteCount: blob.count)
            for hash in programs.policy.evict(except: { [program.hash] }) { programs.byHash[hash] = nil }
        }
        return program
    }

    private func refusal(_ sentence: String) -> Failure { Failure(code: .refused, sentence: sentence) }
}

extension TaskExecutor.Failure {
    fileprivate init(_ error: ExecutionError) {
        let code: TaskFailed.Code =
            switch error {
            case .limit, .memory: .tooLarge
            case .input, .inputCount, .unsupported: .refused
            case .cancelled: .cancelled
            }
        self.init(code: code, sentence: error.description)
        if case .memory(let needed, _) = error { neededBytes = needed }
    }
}
