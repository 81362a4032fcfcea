/// Writes numbers into an array of C, which Swift sees as a tuple.
func fill<Tuple>(_ tuple: inout Tuple, _ numbers: [Int]) {
    withUnsafeMutableBytes(of: &tuple) { bytes in
        let slots = bytes.assumingMemoryBound(to: Int64.self)
        for (slot, number) in zip(slots.indices, numbers) { slots[slot] = Int64(number) }
    }
}
