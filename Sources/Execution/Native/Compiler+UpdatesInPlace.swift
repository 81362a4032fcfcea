import Tensors

/// Results that are written where something else lay that nobody reads any more.
extension Compiler {
    /// Which results can be written over parameters of their type, because nobody reads those any more by then. Asked for
    /// before compiling, with places of parameters and results that agree.
    ///
    /// - Throws: `ExecutionError` when constants break a limit.
    mutating func updatable(_ pairs: [(result: Int, parameter: Int)]) throws(ExecutionError) -> [Bool] {
        guard resources.options.contains(.updatesInPlace) else { return pairs.map { _ in false } }
        if !isArranged { try arrange() }
        return pairs.map { pair in
            let root = roots[function.results[pair.result]]
            let position = positions[root]
            guard position >= 0, locations[root] == nil else { return false }
            if lastUses[pair.parameter] != position { return lastUses[pair.parameter] < position }
            guard case .chain(let members, _) = items[position],
                let order = members.firstIndex(where: { firsts[$0] == root })
            else { return false }
            let (lastReaders, repeated) = readers(in: members)
            return !repeated.contains(pair.parameter) && lastReaders[pair.parameter].map { $0 <= order } ?? true
        }
    }

    /// Lets results of a chain take the places of operands that nobody reads after them: an update in place.
    ///
    /// An operand's place can be written from its last reader in the chain on, unless it also lies under a repetition,
    /// which is read in another order.
    mutating func reuseOperands(of members: [Int], at position: Int, except internalValues: Set<Int>) {
        let (lastReaders, repeated) = readers(in: members)
        var free = lastReaders.keys.filter { lastUses[$0] == position && owned.contains($0) && !repeated.contains($0) }
            .sorted()
        for (order, member) in members.enumerated() {
            let result = firsts[member]
            guard locations[result] == nil, !internalValues.contains(result) else { continue }
            guard
                let index = free.firstIndex(where: {
                    lastReaders[$0].map { $0 <= order } ?? false && type($0).byteCount == type(result).byteCount
                })
            else { continue }
            let operand = free.remove(at: index)
            locations[result] = locations[operand]
            owned.remove(operand)
            owned.insert(result)
        }
    }

    /// Which member of a chain is the last to read a value, and which values lie under repetitions that it reads.
    private func readers(in members: [Int]) -> (last: [Int: Int], repeated: Set<Int>) {
        var last: [Int: Int] = [:]
        var repeated: Set<Int> = []
        for (order, member) in members.enumerated() {
            for operand in function.nodes[member].operands {
                let root = roots[operand]
                if let source = broadcast(of: root)?.source { repeated.insert(source) } else { last[root] = order }
            }
        }
        return (last, repeated)
    }
}
