/// Which rewritings are done on a function. Each is a pure function from one to another that means the same.
package struct Passes: OptionSet, Sendable, Hashable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// What no result needs is left out, also of loops: carries, inputs and outputs that nobody reads.
    package static let deadCode = Passes(rawValue: 1 << 0)
    /// What is computed twice from the same values is computed once.
    package static let commonSubexpressions = Passes(rawValue: 1 << 1)
    /// What depends on constants only is computed now, where one rounding of IEEE 754 or none says what it is.
    package static let constantFolding = Passes(rawValue: 1 << 2)
    /// Reshapes, transpositions, repetitions, slices and their like are joined, undone, or left to whoever reads.
    package static let dataMovement = Passes(rawValue: 1 << 3)
    /// Identities of arithmetic that keep every bit, such as x · 1.
    package static let exactIdentities = Passes(rawValue: 1 << 4)
    /// Identities of arithmetic that may change the last bits or the sign of a zero, such as Σ s x = s Σ x.
    package static let algebraicIdentities = Passes(rawValue: 1 << 5)

    /// a b + c becomes one operation with one rounding.
    package static let contraction = Passes(rawValue: 1 << 6)
    /// `stop_gradient` is left out, since no derivative is taken any more.
    package static let finishedDerivatives = Passes(rawValue: 1 << 7)
    /// What all lanes share is read by a product for each lane, instead of laying out the lanes as columns.
    package static let sharedFactors = Passes(rawValue: 1 << 8)

    /// What may be done where a program runs: equal programs then give equal bits everywhere.
    package static let keepingBits: Passes = [
        .deadCode, .commonSubexpressions, .constantFolding, .dataMovement, .exactIdentities, .finishedDerivatives,
        .sharedFactors,
    ]
    /// Those of them after which derivatives may still be taken, and which leave what a program says of them.
    package static let whileTraced: Passes = [
        .deadCode, .commonSubexpressions, .constantFolding, .dataMovement, .exactIdentities,
    ]
    /// What changes bits, and so is done once, before a program gets its hash: in this order.
    package static let changingBits: [Passes] = [
        whileTraced.union(.algebraicIdentities), whileTraced.union(.contraction),
    ]
}

extension Function {
    /// The function after some passes, its loops' bodies included.
    ///
    /// Applying the same passes again changes nothing, and the parameters and the types of the results stay.
    package func rewritten(by passes: Passes) -> Function {
        let live = passes.contains(.deadCode) ? withoutDeadCode() : self
        var function = Function(
            parameters: live.parameters,
            checked: live.nodes.map { node in
                guard let primitive = node.primitive as? any HigherOrder else { return node }
                let rewritten = primitive.with(primitive.functions.map { $0.rewritten(by: passes) })
                return Node(primitive: rewritten, operands: node.operands, results: node.results)
            },
            results: live.results,
            types: live.types
        )
        // Every round makes the function simpler, and few need a third.
        for _ in 0..<8 {
            let next = function.rewrittenOnce(by: passes)
            function = next.function
            if !next.isChanged { break }
        }
        return function
    }

    /// The function after those passes that may change a bit.
    package func rewrittenBeforeHashing() -> Function {
        Passes.changingBits.reduce(self) { $0.rewritten(by: $1) }
    }

    private func rewrittenOnce(by passes: Passes) -> (function: Function, isChanged: Bool) {
        var rewriter = Rewriter(parameters: parameters, passes: passes)
        var values = Array(parameters.indices)
        values.reserveCapacity(types.count)
        let uses = uses
        for node in nodes {
            let results = rewriter.add(node.primitive, node.operands.map { values[$0] })
            for (offset, result) in results.enumerated() { rewriter.expect(uses[values.count + offset], of: result) }
            values += results
        }
        let next = rewriter.function(returning: results.map { values[$0] })
        guard passes.contains(.deadCode) else { return (next, rewriter.isChanged) }
        let live = next.withoutDeadCode()
        return (live, rewriter.isChanged || live.nodes.count != next.nodes.count)
    }

    /// How often each value is read, or returned.
    private var uses: [Int] {
        var uses = [Int](repeating: 0, count: types.count)
        for node in nodes { for operand in node.operands { uses[operand] += 1 } }
        for result in results { uses[result] += 1 }
        return uses
    }
}
