import CKernels

/// A program made ready to run: its steps in order, and what they need.
struct Plan: Sendable {
    var steps: [any Step]
    /// Where each result of the program lies when the steps are done.
    var results: [Location]
    /// Bytes of constants, which all runs share.
    var constantByteCount: Int
    var arenaByteCount: Int
    var registerByteCount: Int
    var slotCount: Int
    var baseCount: Int

    /// Where each part of a run's memory begins, counted from its first byte.
    var registerOffset: Int { Arena.aligned(arenaByteCount) }
    var slotOffset: Int { registerOffset + Arena.aligned(registerByteCount) }
    var baseOffset: Int { slotOffset + Arena.aligned(slotCount * MemoryLayout<UnsafeMutableRawPointer>.stride) }
    /// The bytes that one run allocates.
    var byteCount: Int { baseOffset + Arena.aligned(baseCount * MemoryLayout<UnsafeMutableRawPointer>.stride) }
}

/// One action of a run. A step holds where its operands lie, and never allocates.
protocol Step: Sendable {
    func run(_ context: RunContext) throws(ExecutionError)
}
