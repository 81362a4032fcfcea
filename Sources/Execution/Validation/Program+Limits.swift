import Tensors

extension Program {
    /// Checks what a program asks for, before anything is allocated for it.
    ///
    /// - Throws: `ExecutionError.limit` with the figure.
    func validate(_ limits: ExecutionLimits) throws(ExecutionError) {
        guard inputs.count <= Self.inputLimit else {
            throw .limit("the program has \(inputs.count) inputs, and \(Self.inputLimit) are allowed")
        }
        var nodes = 0
        try function.validate(limits, nodes: &nodes, trips: 1)
    }

    /// A run holds the bytes of its inputs one inside the other, on its stack.
    private static let inputLimit = 4096
}

extension Function {
    fileprivate func validate(_ limits: ExecutionLimits, nodes count: inout Int, trips: Int) throws(ExecutionError) {
        count += nodes.count
        guard count <= limits.nodes else { throw .limit("more than \(limits.nodes) nodes") }
        for type in types where type.byteCount > limits.memory {
            throw .limit("a tensor of type \(type) needs \(type.byteCount) bytes, and \(limits.memory) are allowed")
        }
        for (index, node) in nodes.enumerated() {
            guard let primitive = node.primitive as? any HigherOrder else { continue }
            let length = (primitive as? Scan)?.length ?? 1
            let (product, overflow) = trips.multipliedReportingOverflow(by: max(1, length))
            guard !overflow, product <= limits.trips else {
                throw .limit("node \(index) (scan) would run more than \(limits.trips) steps")
            }
            for function in primitive.functions { try function.validate(limits, nodes: &count, trips: product) }
        }
    }
}
