extension Function {
    /// Without the nodes that no result needs. A loop loses the outputs that nobody reads, the carries that serve only
    /// themselves, and the constants and inputs that its body does not look at.
    func withoutDeadCode() -> Function {
        var needed = [Bool](repeating: false, count: types.count)
        for result in results { needed[result] = true }
        let firsts = firstResults
        var rests = [LoopRest?](repeating: nil, count: nodes.count)
        var live = [Bool](repeating: false, count: nodes.count)
        for index in nodes.indices.reversed() {
            let node = nodes[index]
            let wanted = node.results.indices.map { needed[firsts[index] + $0] }
            guard wanted.contains(true) else { continue }
            live[index] = true
            rests[index] = (node.primitive as? Scan)?.rest(wanted)
            for operand in rests[index]?.operands.map({ node.operands[$0] }) ?? node.operands { needed[operand] = true }
        }
        guard live.contains(false) || rests.contains(where: { $0 != nil }) else { return self }
        var number = [Int](repeating: -1, count: types.count)
        for index in parameters.indices { number[index] = index }
        var types = parameters
        var kept: [Node] = []
        for (index, node) in nodes.enumerated() where live[index] {
            let rest = rests[index]
            let operands = rest?.operands.map { node.operands[$0] } ?? node.operands
            let results = rest?.results ?? Array(node.results.indices)
            for (offset, result) in results.enumerated() { number[firsts[index] + result] = types.count + offset }
            let resultTypes = results.map { node.results[$0] }
            types += resultTypes
            kept.append(
                Node(
                    primitive: rest?.scan ?? node.primitive,
                    operands: operands.map { number[$0] },
                    results: resultTypes
                )
            )
        }
        return Function(parameters: parameters, checked: kept, results: results.map { number[$0] }, types: types)
    }

    /// Which parameters some of the results are computed from.
    fileprivate func parametersNeeded(by results: [Int]) -> [Bool] {
        var needed = [Bool](repeating: false, count: types.count)
        for result in results { needed[result] = true }
        var first = types.count
        for node in nodes.reversed() {
            first -= node.results.count
            guard needed[first..<(first + node.results.count)].contains(true) else { continue }
            for operand in node.operands { needed[operand] = true }
        }
        return Array(needed.prefix(parameters.count))
    }

    /// Some of the results, computed from some of the parameters, which must be all that they need.
    fileprivate func restricted(to results: [Int], parameters kept: [Int]) -> Function {
        var number = [Int](repeating: -1, count: types.count)
        for (place, parameter) in kept.enumerated() { number[parameter] = place }
        let pruned = Function(parameters: parameters, checked: nodes, results: results, types: types).withoutDeadCode()
        let shift = kept.count - parameters.count
        func renumbered(_ value: Int) -> Int { value < parameters.count ? number[value] : value + shift }
        return Function(
            parameters: kept.map { parameters[$0] },
            checked: pruned.nodes.map {
                Node(primitive: $0.primitive, operands: $0.operands.map(renumbered), results: $0.results)
            },
            results: pruned.results.map(renumbered),
            types: kept.map { parameters[$0] } + pruned.types.dropFirst(parameters.count)
        )
    }
}

/// What is left of a loop, and of its operands and results.
private struct LoopRest {
    let scan: Scan
    let operands: [Int]
    let results: [Int]
}

extension Scan {
    /// The loop without what is not wanted; nil if all of it is.
    fileprivate func rest(_ wanted: [Bool]) -> LoopRest? {
        var carries = Array(wanted.prefix(carryCount))
        if let until { carries[until] = true }
        let outputs = wanted.indices.dropFirst(carryCount).filter { wanted[$0] }
        var read: [Bool]
        // A carry that needs a carry that needs a carry …: after so many of them, all are taken to be needed.
        var patience = 32
        while true {
            if patience == 0 { carries = carries.map { _ in true } }
            patience -= 1
            let results = carries.indices.filter { carries[$0] } + outputs
            read = body.parametersNeeded(by: results.map { body.results[$0] })
            let grown = carries.indices.filter { !carries[$0] && read[constantCount + $0] }
            if grown.isEmpty { break }
            for carry in grown { carries[carry] = true }
        }
        let kept = carries.indices.filter { carries[$0] }
        let constants = (0..<constantCount).filter { read[$0] }
        let inputs = read.indices.dropFirst(constantCount + carryCount).filter { read[$0] }
        let operands = constants + kept.map { constantCount + $0 } + inputs
        let results = kept + outputs
        guard operands.count < body.parameters.count || results.count < wanted.count else { return nil }
        let scan = Scan(
            body: body.restricted(to: results.map { body.results[$0] }, parameters: operands),
            length: length,
            constantCount: constants.count,
            carryCount: kept.count,
            isReverse: isReverse,
            until: until.flatMap { kept.firstIndex(of: $0) }
        )
        return LoopRest(scan: scan, operands: operands, results: results)
    }
}
