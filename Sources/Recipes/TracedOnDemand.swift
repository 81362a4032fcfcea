import Synchronization
import Tensors

/// Programs of which it is not known beforehand which are needed, each traced once when it is first asked for.
final class TracedOnDemand<Variant: Hashable & Sendable>: Sendable {
    private let programs = Mutex<[Variant: Program]>([:])
    private let trace: @Sendable (Variant) throws -> Program

    /// Programs that are traced in some way.
    init(trace: @escaping @Sendable (Variant) throws -> Program) { self.trace = trace }

    /// The program of a variant.
    ///
    /// - Throws: what tracing throws.
    subscript(variant: Variant) -> Program {
        get throws {
            try programs.withLock { programs in
                if let known = programs[variant] { return known }
                let new = try trace(variant)
                programs[variant] = new
                return new
            }
        }
    }
}
