import Tensors

/// What is done to a program when it is compiled. None of it changes a bit of what comes out; a test may leave any of it
/// out and compare.
public struct CompilerOptions: OptionSet, Sendable, Hashable {
    /// One bit for each option.
    public let rawValue: Int

    /// Options by their bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// What no output needs is left out.
    public static let deadCode = CompilerOptions(rawValue: 1 << 0)
    /// What is computed twice is computed once.
    public static let commonSubexpressions = CompilerOptions(rawValue: 1 << 1)
    /// What depends on constants only is computed while compiling.
    public static let constantFolding = CompilerOptions(rawValue: 1 << 2)
    /// Reshapes, transpositions, slices and the like are joined, or left to whoever reads.
    public static let dataMovement = CompilerOptions(rawValue: 1 << 3)
    /// Identities of arithmetic that hold for every bit.
    public static let exactIdentities = CompilerOptions(rawValue: 1 << 4)

    /// Element-wise operations of one shape run together, a block at a time.
    public static let elementwiseFusion = CompilerOptions(rawValue: 1 << 5)
    /// Two element-wise operations are one where a kernel does both.
    public static let operationPairs = CompilerOptions(rawValue: 1 << 6)
    /// A reduction of small groups takes them from the block in which they are computed.
    public static let reductionFusion = CompilerOptions(rawValue: 1 << 7)
    /// Element-wise results take the places of operands that nobody reads after them.
    public static let updatesInPlace = CompilerOptions(rawValue: 1 << 8)

    /// Everything.
    public static let all = CompilerOptions(rawValue: (1 << 9) - 1)

    /// The passes over the graph.
    var passes: Passes {
        let pairs: [(CompilerOptions, Passes)] = [
            (.deadCode, .deadCode), (.commonSubexpressions, .commonSubexpressions),
            (.constantFolding, .constantFolding), (.dataMovement, [.dataMovement, .sharedFactors]),
            (.exactIdentities, [.exactIdentities, .finishedDerivatives]),
        ]
        return pairs.filter { contains($0.0) }.reduce(into: []) { $0.formUnion($1.1) }
    }
}
