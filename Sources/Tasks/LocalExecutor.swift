public import Execution
import Synchronization
public import Tensors

/// Runs programs natively in this process, on the caller's thread, and keeps them compiled by their hash.
public final class LocalExecutor: Sendable {
    private let limits: ExecutionLimits
    private let compiled = Mutex<[Hash: CompiledProgram]>([:])

    /// An executor with nothing compiled.
    public init(limits: ExecutionLimits = ExecutionLimits()) { self.limits = limits }

    /// The compiled form of a program.
    ///
    /// - Throws: `ExecutionError` when the program breaks a limit.
    public func compile(_ program: Program) throws(ExecutionError) -> CompiledProgram {
        if let known = compiled.withLock({ $0[program.hash] }) { return known }
        let new = try CompiledProgram(program, limits: limits)
        return compiled.withLock { table in
            if let known = table[program.hash] { return known }
            table[program.hash] = new
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
