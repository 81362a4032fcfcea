import CKernels
import Synchronization
public import Tensors

/// A program made ready to run natively: validated, its buffers planned. Compile once, run many times, from any thread.
public final class CompiledProgram: Sendable {
    /// The program.
    public let program: Program
    /// The bytes that one run allocates besides its outputs: what it needs beyond its inputs and what all runs share.
    public let arenaByteCount: Int
    let plan: Plan
    let constants: ConstantMemory
    /// When which bytes of the arena are taken; empty unless it was compiled for somebody to see.
    let lifetimes: [Arena.Lifetime]
    /// Bytes of what a run needs besides its arena: inputs, outputs and constants.
    private let fixedByteCount: Int
    private let contexts = Mutex(Contexts())

    private struct Contexts {
        var idle: [IdleContext] = []
        /// As many as ran side by side at some time.
        var count = 0
    }

    /// Validates and compiles a program. The options change how it is run, never a bit of what comes out.
    ///
    /// - Throws: `ExecutionError.limit` or `.memory` when the program breaks a limit, with the figure.
    public convenience init(
        _ program: Program,
        limits: ExecutionLimits = ExecutionLimits(),
        options: CompilerOptions = .all
    ) throws(ExecutionError) {
        try self.init(program, limits: limits, options: options, outline: nil)
    }

    /// Compiles a program and tells the outline what there is to see, whose stopwatches then run whenever it does.
    init(
        _ program: Program,
        limits: ExecutionLimits,
        options: CompilerOptions = .all,
        outline: Outline?
    ) throws(ExecutionError) {
        try program.validate(limits)
        let resources = Compiler.Resources(
            inputCount: program.inputs.count,
            memoryLimit: limits.memory,
            options: options,
            outline: outline
        )
        let function = program.function.rewritten(by: options.passes)
        var compiler = Compiler(function, resources: resources, depth: 0)
        let inputs = program.inputs.indices.map { Location(base: Location.firstInputBase + $0, offset: 0) }
        let compiled = try compiler.compile(parameters: inputs, wishes: program.outputs.map { _ in nil })
        plan = Plan(
            steps: compiled.steps,
            results: compiled.results,
            constantByteCount: resources.constants.count,
            arenaByteCount: resources.arena.byteCount,
            registerByteCount: resources.registerByteCount,
            slotCount: resources.slotCount,
            baseCount: resources.baseCount
        )
        let ports = (program.inputs + program.outputs).map(\.type.byteCount).reduce(0, +)
        let total = plan.byteCount + plan.constantByteCount + ports
        guard total <= limits.memory else {
            throw .memory(needed: total, allowed: limits.memory)
        }
        self.program = program
        arenaByteCount = plan.byteCount
        fixedByteCount = plan.constantByteCount + ports
        lifetimes = resources.arena.lifetimes
        constants = ConstantMemory(resources.constants)
    }

    /// Bytes that it takes while it runs. The arenas stay when a run is over, for the next one: as many as there were runs side
    /// by side.
    public var byteCount: Int { fixedByteCount + arenaByteCount * max(1, contexts.withLock { $0.count }) }

    /// Runs the program.
    ///
    /// - Parameters:
    ///   - inputs: One value for each of the program's inputs, in order.
    ///   - control: Stops the run and tells its progress.
    /// - Returns: One value for each of the program's outputs, in order; every NaN is the same one.
    /// - Throws: `ExecutionError.input` for a value of another type; `.cancelled` when the control was told to stop.
    public func run(_ inputs: [TensorValue], control: RunControl? = nil) throws(ExecutionError) -> [TensorValue] {
        guard inputs.count == program.inputs.count else {
            throw .inputCount(expected: program.inputs.count, found: inputs.count)
        }
        for (port, value) in zip(program.inputs, inputs) where port.type != value.type {
            throw .input(name: port.name, expected: port.type, found: value.type)
        }
        let idle = contexts.withLock { contexts in
            if contexts.idle.isEmpty { contexts.count += 1 }
            return contexts.idle.popLast()
        }
        let context = idle?.context ?? RunContext(plan, constants: constants.address)
        defer {
            context.control = nil
            // Only this run has held it, and from here on whoever takes it from the list.
            nonisolated(unsafe) let returned = context
            contexts.withLock { $0.idle.append(IdleContext(context: returned)) }
        }
        context.control = control
        return try run(inputs, in: context)
    }

    /// Runs the program in some memory, whatever lies there.
    func run(_ inputs: [TensorValue], in context: RunContext) throws(ExecutionError) -> [TensorValue] {
        try withAddresses(of: inputs[...], in: context, from: Location.firstInputBase) {
            () throws(ExecutionError) in
            for step in plan.steps { try step.run(context) }
            return zip(program.outputs, plan.results).map { port, location in
                Self.value(of: port.type, at: context.address(location))
            }
        }
    }

    /// Sets the bases of the inputs, one inside the other, so that each one's bytes stay where they are.
    private func withAddresses<Result>(
        of inputs: ArraySlice<TensorValue>,
        in context: RunContext,
        from base: Int,
        _ body: () throws(ExecutionError) -> Result
    ) throws(ExecutionError) -> Result {
        guard let first = inputs.first else { return try body() }
        return try first.withBytes { bytes -> Swift.Result<Result, ExecutionError> in
            if let address = bytes.baseAddress { context.bases[base] = UnsafeMutableRawPointer(mutating: address) }
            do throws(ExecutionError) {
                return .success(
                    try withAddresses(of: inputs.dropFirst(), in: context, from: base + 1, body)
                )
            } catch {
                return .failure(error)
            }
        }.get()
    }

    private static func value(of type: TensorType, at address: UnsafeMutableRawPointer) -> TensorValue {
        let bytes = [UInt8](unsafeUninitializedCapacity: type.byteCount) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(
                from: UnsafeRawBufferPointer(start: address, count: type.byteCount)
            )
            guard let start = buffer.baseAddress.map(UnsafeMutableRawPointer.init) else { return }
            switch type.element {
            case .f32: troupe_canonicalise_f32(start.assumingMemoryBound(to: Float.self), type.shape.count)
            case .f64: troupe_canonicalise_f64(start.assumingMemoryBound(to: Double.self), type.shape.count)
            default: break
            }
            count = type.byteCount
        }
        guard let value = TensorValue(type: type, bytes: bytes) else {
            preconditionFailure("as many bytes as the type says")
        }
        return value
    }
}

/// A context that no run holds.
///
/// Sendable because it is handed over under a lock, to one run at a time.
private struct IdleContext: @unchecked Sendable {
    let context: RunContext
}

/// The constants of a program, aligned.
///
/// Sendable because nothing is written after `init`.
final class ConstantMemory: @unchecked Sendable {
    let address: UnsafeMutableRawPointer

    init(_ bytes: [UInt8]) {
        address = .allocate(byteCount: Arena.aligned(bytes.count), alignment: Arena.alignment)
        bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { address.copyMemory(from: start, byteCount: source.count) }
        }
    }

    deinit { address.deallocate() }
}
