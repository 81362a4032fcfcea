extension Function {
    /// The same function with more parameters: parameter i is now the one at `places[i]`.
    func placingParameters(_ places: [Int], among parameters: [TensorType]) -> Function {
        let renumber = { (value: Int) in
            value < places.count ? places[value] : value - places.count + parameters.count
        }
        do throws(ProgramError) {
            return try Function(
                parameters: parameters,
                steps: nodes.map { ($0.primitive, $0.operands.map(renumber)) },
                results: results.map(renumber)
            )
        } catch {
            preconditionFailure("a renumbered function is still well formed: \(error)")
        }
    }

    /// The same function with the parameters from `index` on put first.
    func movingParameters(from index: Int) -> Function {
        let moved = parameters.count - index
        let places = parameters.indices.map { $0 < index ? $0 + moved : $0 - index }
        return placingParameters(places, among: Array(parameters[index...] + parameters[..<index]))
    }
}
