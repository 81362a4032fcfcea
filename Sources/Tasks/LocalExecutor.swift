import Dispatch
public import Execution
import Foundation
import Synchronization
public import Tensors

/// Runs programs natively in this process, one on the caller's thread and several side by side, and keeps those compiled that
/// were used lately.
public final class LocalExecutor: Sendable {
    private let limits: ExecutionLimits
    private let compiled = Mutex(Compiled())
    /// A job has some dozens of programs; a worker that serves many jobs does not collect theirs for ever.
    private static let mostPrograms = 1024

    private struct Compiled {
        var byHash: [Hash: CompiledProgram] = [:]
        var policy = CachePolicy(budget: mostPrograms)
    }

    /// An executor with nothing compiled.
    public init(limits: ExecutionLimits = ExecutionLimits()) { self.limits = limits }

    /// The compiled form of a program.
    ///
    /// - Throws: `ExecutionError` when the program breaks a limit.
    public func compile(_ program: Program) throws(ExecutionError) -> CompiledProgram {
        let known = compiled.withLock { table in
            table.policy.use(program.hash)
            return table.byHash[program.hash]
        }
        if let known { return known }
        let new = try CompiledProgram(program, limits: limits)
        return compiled.withLock { table in
            if let known = table.byHash[program.hash] { return known }
            table.byHash[program.hash] = new
            table.policy.insert(program.hash, byteCount: 1)
            for hash in table.policy.evict(except: { [program.hash] }) { table.byHash[hash] = nil }
            return new
        }
    }

    /// Runs a program.
    ///
    /// - Returns: one value for each of the program's outputs, in order.
    /// - Throws: `ExecutionError`.
    public func run(
        _ program: Program,
        _ inputs: [TensorValue],
        control: RunControl? = nil
    ) throws(ExecutionError) -> [TensorValue] {
        try compile(program).run(inputs, control: control)
    }

    /// Runs programs side by side on the cores of this machine, or on fewer where they would take too much memory.
    ///
    /// - Returns: the outputs of each run, in the order of the runs.
    /// - Throws: `ExecutionError`, that of the first run that fails.
    public func run(
        _ runs: [(program: Program, inputs: [TensorValue])]
    ) throws(ExecutionError) -> [[TensorValue]] {
        var ready: [CompiledProgram] = []
        for run in runs { ready.append(try compile(run.program)) }
        let compiled = ready
        let largest = compiled.map(\.arenaByteCount).max() ?? 0
        let fitting = max(1, Self.memorySideBySide / max(1, largest))
        let next = Atomic(0)
        let results = Mutex([Result<[TensorValue], ExecutionError>?](repeating: nil, count: runs.count))
        let cores = ProcessInfo.processInfo.activeProcessorCount
        DispatchQueue.concurrentPerform(iterations: min(runs.count, fitting, cores)) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < runs.count else { return }
                let result = Result { () throws(ExecutionError) in try compiled[index].run(runs[index].inputs) }
                results.withLock { $0[index] = result }
            }
        }
        var outputs: [[TensorValue]] = []
        for case let result? in results.withLock({ $0 }) { outputs.append(try result.get()) }
        return outputs
    }

    /// Bytes that runs side by side take besides inputs and outputs, unless a single one takes more.
    private static let memorySideBySide = 1 << 28
}
