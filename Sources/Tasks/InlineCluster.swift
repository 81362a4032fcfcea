import Execution
import Synchronization
public import Tensors

/// A cluster without threads: every task runs at once, on the caller's thread.
public final class InlineCluster: Cluster, TensorKeeper {
    /// Runs the tasks.
    public let local = LocalExecutor()
    private let tensors = Mutex<[Hash: (value: TensorValue, handles: Int)]>([:])

    /// A cluster that holds nothing.
    public init() {}

    /// Keeps a tensor.
    public func share(_ value: TensorValue) async throws -> Handle { keep(value) }

    /// Runs a program.
    ///
    /// - Throws: `TaskError.invalid` when an input does not fit, `CancellationError` when the surrounding Swift task is
    ///   cancelled before it starts or while its outermost loop runs.
    public func run(_ program: Program, _ work: Work) async throws -> TaskOutputs {
        try Task.checkCancellation()
        var inputs: [TensorValue] = []
        for input in work.inputs {
            switch input {
            case .value(let value): inputs.append(value)
            case .handle(let handle): inputs.append(try await handle.value)
            }
        }
        let control = RunControl()
        let outputs: [TensorValue]
        do {
            outputs = try await withTaskCancellationHandler {
                try local.run(program, inputs, control: control)
            } onCancel: {
                control.cancel()
            }
        } catch ExecutionError.cancelled {
            throw CancellationError()
        } catch let error as ExecutionError {
            throw TaskError.invalid(role: work.role, reason: error.description)
        }
        return TaskOutputs(of: program, handles: outputs.map(keep))
    }

    private func keep(_ value: TensorValue) -> Handle {
        let hash = value.hash
        tensors.withLock { $0[hash, default: (value, 0)].handles += 1 }
        return Handle(hash, type: value.type, keptBy: self)
    }

    /// The tensor of this name.
    ///
    /// - Throws: `TaskError.lost` when no handle of it lives.
    public func value(of hash: Hash, type: TensorType) async throws -> TensorValue {
        guard let value = tensors.withLock({ $0[hash]?.value }) else { throw TaskError.lost("\(type) \(hash.short)") }
        return value
    }

    /// Forgets a tensor when its last handle is gone.
    public func release(_ hash: Hash) {
        tensors.withLock { table in
            guard var entry = table[hash] else { return }
            entry.handles -= 1
            table[hash] = entry.handles == 0 ? nil : entry
        }
    }
}
