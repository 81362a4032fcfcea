import CKernels

/// The memory of one run at a time: arena, base addresses, and room for block programs. Nothing is allocated in a run.
final class RunContext {
    let bases: UnsafeMutablePointer<UnsafeMutableRawPointer>
    let slots: UnsafeMutablePointer<troupe_slot>
    let registers: UnsafeMutableRawPointer
    private let arena: UnsafeMutableRawPointer
    private let nowhere: UnsafeMutableRawPointer
    var control: RunControl?

    init(_ plan: Plan, constants: UnsafeMutableRawPointer) {
        arena = .allocate(byteCount: Arena.aligned(plan.arenaByteCount), alignment: Arena.alignment)
        registers = .allocate(byteCount: Arena.aligned(plan.registerByteCount), alignment: Arena.alignment)
        nowhere = .allocate(byteCount: Arena.alignment, alignment: Arena.alignment)
        slots = .allocate(capacity: max(1, plan.slotCount))
        bases = .allocate(capacity: plan.baseCount)
        bases.initialize(repeating: nowhere, count: plan.baseCount)
        bases[Location.arenaBase] = arena
        bases[Location.constantBase] = constants
    }

    deinit {
        arena.deallocate()
        registers.deallocate()
        nowhere.deallocate()
        slots.deallocate()
        bases.deallocate()
    }

    /// The address of a value now.
    @inline(__always)
    func address(_ location: Location) -> UnsafeMutableRawPointer { bases[location.base] + location.offset }
}
