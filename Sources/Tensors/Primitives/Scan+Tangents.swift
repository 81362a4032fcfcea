extension Scan {
    /// One loop in which tangents go beside the values, but only where there are some. A carry moves when its start does, or
    /// when a step moves it.
    package func pushedForward(
        _ tangents: [Tensor?],
        operands: [Tensor]
    ) -> (results: [Tensor], tangents: [Tensor?]) {
        let fixed = constantCount + carryCount
        let groups = [0..<constantCount, constantCount..<fixed, fixed..<operands.count]
        var moves = tangents.map { $0 != nil }
        while true {
            let trace = Trace(parent: Trace.innermost(of: operands + tangents.compactMap { $0 }))
            var values: [Tensor] = []
            var movements: [Tensor?] = []
            for group in groups {
                values += body.parameters[group].map(trace.parameter)
                movements += group.map { moves[$0] ? trace.parameter(body.parameters[$0]) : nil }
            }
            let next = body.pushedForward(at: values, along: movements)
            guard trace.error == nil else { return mistaken(in: trace) }
            let grown = groups[1].filter { !moves[$0] && next.tangents[$0 - constantCount] != nil }
            guard grown.isEmpty else {
                for index in grown { moves[index] = true }
                continue
            }
            // Once a carry moves it stays a carry that moves, even if the step stands still.
            let ends = next.results.indices.map { result in
                next.tangents[result]
                    ?? (result < carryCount && moves[constantCount + result] ? next.results[result].filled(0) : nil)
            }
            let stacked = carryCount..<next.results.count
            let parts = [0..<carryCount, stacked].flatMap { next.results[$0] + ends[$0].compactMap { $0 } }
            guard let written = try? trace.function(returning: parts) else { return mistaken(in: trace) }
            precondition(written.captures.isEmpty, "a loop's derivative refers to nothing outside it")
            let moving = { (group: Range<Int>) in group.filter { moves[$0] } }
            let scan = Scan(
                body: written.function,
                length: length,
                constantCount: constantCount + moving(groups[0]).count,
                carryCount: carryCount + moving(groups[1]).count,
                isReverse: isReverse,
                until: until
            )
            let starts = groups.flatMap { group in
                operands[group] + moving(group).map { tangents[$0] ?? operands[$0].filled(0) }
            }
            var found = Trace.apply(scan, starts)[...]
            guard trace.error == nil else { return mistaken(in: trace) }
            var results: [Tensor] = []
            var pushed: [Tensor?] = []
            for part in [0..<carryCount, stacked] {
                results += found.prefix(part.count)
                found = found.dropFirst(part.count)
                pushed += part.map { ends[$0] == nil ? nil : found.popFirst() }
            }
            return (results, pushed)
        }
    }

    private func mistaken(in trace: Trace) -> (results: [Tensor], tangents: [Tensor?]) {
        (body.resultTypes.map(trace.missing), body.results.map { _ in nil })
    }
}
