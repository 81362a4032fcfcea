/// A primitive that runs functions of its own, such as a loop's body.
///
/// Its derivatives share work with it: they ask for more results than it has, rather than running the functions again.
package protocol HigherOrder: Primitive {
    /// Applies the primitive so that it can be differentiated: its results, and whatever else its pullback will need.
    func augmented(_ operands: [Tensor]) -> (results: [Tensor], residuals: [Tensor])

    /// The vector-Jacobian product, as `pullback` of other primitives.
    ///
    /// - Parameters:
    ///   - cotangents: One for each result; nil where nothing depends on it.
    ///   - operands: The operands of the node.
    ///   - results: The results of the node.
    ///   - residuals: What `augmented` kept.
    ///   - wanted: Which operands' cotangents are asked for.
    /// - Returns: One cotangent for each operand; nil where it is zero.
    func pullback(
        _ cotangents: [Tensor?],
        operands: [Tensor],
        results: [Tensor],
        residuals: [Tensor],
        wanted: [Bool]
    ) -> [Tensor?]

    /// Applies the primitive, and its Jacobian to tangents.
    ///
    /// - Returns: the results, and one tangent for each; nil where it is zero.
    func pushedForward(_ tangents: [Tensor?], operands: [Tensor]) -> (results: [Tensor], tangents: [Tensor?])
}

extension HigherOrder {
    /// The functions, in the order of the attributes that hold them.
    package var functions: [Function] {
        attributes.compactMap { attribute in
            guard case .function(let function) = attribute.value else { return nil }
            return function
        }
    }

    /// The primitive with other functions, of the same types, in the same order.
    func with(_ functions: [Function]) -> Self {
        var rest = functions[...]
        let changed = attributes.map { attribute in
            guard case .function = attribute.value, let function = rest.popFirst() else { return attribute }
            return Attribute(attribute.name, .function(function))
        }
        do throws(ProgramError) {
            return try Self(attributes: changed)
        } catch {
            preconditionFailure("attributes that were read can be read again: \(error)")
        }
    }

    /// The form for those that know nothing of residuals.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        pullback(
            cotangents,
            operands: operands,
            results: results,
            residuals: augmented(operands).residuals,
            wanted: operands.map(\.element.isFloat)
        )
    }

    /// The form for those that have the results already.
    package func tangents(_ tangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        pushedForward(tangents, operands: operands).tangents
    }
}

extension Primitive {
    /// Applies the primitive so that it can be differentiated: its results, and whatever else its pullback will need.
    func augmentedResults(_ operands: [Tensor]) -> (results: [Tensor], residuals: [Tensor]) {
        (self as? any HigherOrder)?.augmented(operands) ?? (Trace.apply(self, operands), [])
    }

    /// One cotangent for each operand, of which `wanted` are asked for.
    func pulledBack(
        _ cotangents: [Tensor?],
        operands: [Tensor],
        results: [Tensor],
        residuals: [Tensor],
        wanted: [Bool]
    ) -> [Tensor?] {
        guard let primitive = self as? any HigherOrder else {
            return pullback(cotangents, operands: operands, results: results)
        }
        return primitive.pullback(
            cotangents,
            operands: operands,
            results: results,
            residuals: residuals,
            wanted: wanted
        )
    }

    /// Applies the primitive, and its Jacobian to tangents.
    func results(_ operands: [Tensor], tangents: [Tensor?]) -> (results: [Tensor], tangents: [Tensor?]) {
        if let primitive = self as? any HigherOrder { return primitive.pushedForward(tangents, operands: operands) }
        let results = Trace.apply(self, operands)
        return (results, self.tangents(tangents, operands: operands, results: results))
    }
}
