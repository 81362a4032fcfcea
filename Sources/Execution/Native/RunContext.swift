import CKernels

/// The memory of one run at a time: arena, room for block programs, and base addresses, in one piece of as many bytes as
/// the plan says. Nothing is allocated in a run.
final class RunContext {
    let bases: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    let slots: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    let registers: UnsafeMutableRawPointer
    let memory: UnsafeMutableRawPointer
    var control: RunControl?

    init(_ plan: Plan, constants: UnsafeMutableRawPointer) {
        memory = .allocate(byteCount: plan.byteCount, alignment: Arena.alignment)
        registers = memory + plan.registerOffset
        slots = (memory + plan.slotOffset).bindMemory(to: UnsafeMutableRawPointer?.self, capacity: plan.slotCount)
        bases = (memory + plan.baseOffset).bindMemory(to: UnsafeMutableRawPointer?.self, capacity: plan.baseCount)
        // An empty input has no address; nothing reads it.
        bases.initialize(repeating: memory, count: plan.baseCount)
        bases[Location.constantBase] = constants
    }

    deinit { memory.deallocate() }

    /// The address of a value now.
    @inline(__always)
    func address(_ location: Location) -> UnsafeMutableRawPointer {
        // Every base has had an address since `init`.
        bases[location.base].unsafelyUnwrapped + location.offset
    }
}
