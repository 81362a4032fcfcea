import Dispatch
public import Execution
import Foundation
import Synchronization
public import Tensors

/// Runs programs natively in this process, one on the caller's thread and several side by side, and keeps those compiled that
/// were used lately, with the memory in which they run: together no more than a single program may take.
public final class LocalExecutor: Sendable {
    private let limits: ExecutionLimits
    private let compiled: Mutex<Compiled>

    private struct Compiled {
        var byHash: [Hash: CompiledProgram] = [:]
        var policy: CachePolicy
        /// A job has some dozens of programs; a worker that serves many jobs does not collect theirs for ever.
        private static let most = 1024

        /// Notes that a program is used now, and forgets what there is no room for beside it. Runs side by side that are new
        /// to a program count from its next use on.
        mutating func use(_ program: CompiledProgram) {
            let hash = program.program.hash
            policy.insert(hash, byteCount: max(program.byteCount, policy.budget / Self.most + 1))
            for hash in policy.evict(except: { [hash] }) { byHash[hash] = nil }
        }
    }

    /// An executor with nothing compiled.
    public init(limits: ExecutionLimits = ExecutionLimits()) {
        self.limits = limits
        compiled = Mutex(Compiled(policy: CachePolicy(budget: limits.memory)))
    }

    /// Bytes that the programs take that are kept.
    var byteCount: Int { compiled.withLock { $0.byHash.values.reduce(0) { $0 + $1.byteCount } } }

    /// The compiled form of a program.
    ///
    /// - Throws: `ExecutionError` when the program breaks a limit.
    public func compile(_ program: Program) throws(ExecutionError) -> CompiledProgram {
        let known = compiled.withLock { table in
            let known = table.byHash[program.hash]
            if let known { table.use(known) }
            return known
        }
        if let known { return known }
        let new = try CompiledProgram(program, limits: limits)
        return compiled.withLock { table in
            let kept = table.byHash[program.hash] ?? new
            table.byHash[program.hash] = kept
            table.use(kept)
            return kept
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
