public import Tensors

/// A program made ready to run natively: validated, its buffers planned. Compile once, run many times, from any thread.
public final class CompiledProgram: Sendable {
    /// The program.
    public let program: Program
    /// The bytes that one run needs besides its inputs and outputs.
    public let arenaByteCount: Int

    /// Validates and compiles a program.
    ///
    /// - Throws: `ExecutionError` when the program breaks a limit.
    public init(_ program: Program, limits: ExecutionLimits = ExecutionLimits()) throws(ExecutionError) {
        self.program = program
        self.arenaByteCount = 0
    }

    /// Runs the program.
    ///
    /// - Parameters:
    ///   - inputs: One value for each of the program's inputs, in order.
    ///   - control: Stops the run and tells its progress.
    /// - Returns: One value for each of the program's outputs, in order.
    /// - Throws: `ExecutionError.input` for a value of another type; `.cancelled` when the control was told to stop.
    public func run(_ inputs: [TensorValue], control: RunControl? = nil) throws(ExecutionError) -> [TensorValue] {
        throw .unsupported("the native executor does not exist yet")
    }
}
