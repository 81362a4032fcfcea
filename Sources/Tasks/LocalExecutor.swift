public import Execution
import Synchronization
public import Tensors

/// Runs programs natively in this process, on the caller's thread, and keeps those compiled that were used lately.
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
}
