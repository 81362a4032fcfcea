import Tensors

extension Program {
    /// Checks what a program asks for, before anything is allocated for it.
    ///
    /// - Throws: `ExecutionError.limit` with the figure and, where one asks for too much, the node.
    func validate(_ limits: ExecutionLimits) throws(ExecutionError) {
        guard inputs.count <= Self.inputLimit else {
            throw .limit("the program has \(inputs.count) inputs, and \(Self.inputLimit) are allowed")
        }
        var nodes = 0
        try function.validate(limits, nodes: &nodes, trips: 1, place: "")
    }

    /// A run holds the bytes of its inputs one inside the other, on its stack.
    private static let inputLimit = 4096
}

extension Function {
    /// - Parameters:
    ///   - limits: What may be asked for.
    ///   - count: The nodes that were counted so far.
    ///   - trips: How often the function runs.
    ///   - place: Where the function is: the nodes that hold it, outermost first.
    /// - Throws: `ExecutionError.limit`, which names the node.
    fileprivate func validate(
        _ limits: ExecutionLimits,
        nodes count: inout Int,
        trips: Int,
        place: String
    ) throws(ExecutionError) {
        count += nodes.count
        guard count <= limits.nodes else { throw .limit("more than \(limits.nodes) nodes") }
        for (index, type) in parameters.enumerated() {
            if let excess = limits.excess(of: type) { throw .limit("\(place)parameter \(index): \(excess)") }
        }
        for (index, node) in nodes.enumerated() {
            let name = "\(place)node \(index) (\(node.primitive.name))"
            for type in node.results {
                if let excess = limits.excess(of: type) { throw .limit("\(name): \(excess)") }
            }
            guard let primitive = node.primitive as? any HigherOrder else { continue }
            let (product, overflow) = trips.multipliedReportingOverflow(
                by: max(1, primitive.trips(of: node.operands.map { types[$0] }))
            )
            guard !overflow, product <= limits.trips else {
                throw .limit("\(name) would run more than \(limits.trips) steps")
            }
            for function in primitive.functions {
                try function.validate(limits, nodes: &count, trips: product, place: name + ", ")
            }
        }
    }
}

extension HigherOrder {
    /// How often it runs its functions: a loop for each step, a branch for each lane.
    fileprivate func trips(of operands: [TensorType]) -> Int {
        switch self {
        case let scan as Scan: scan.length
        case is Conditional: operands[0].shape.count
        default: 1
        }
    }
}

extension ExecutionLimits {
    /// Why a tensor of some type is too large; nil when it is not.
    fileprivate func excess(of type: TensorType) -> String? {
        guard type.byteCount > memory else { return nil }
        return "a tensor of type \(type) needs \(type.byteCount) bytes, and \(memory) are allowed"
    }
}
