import Execution
import Tensors
import Testing

/// Draws of many keys, one row for each: the children of one seed, drawn in lanes.
private func draws(_ keys: Int, seed: UInt64, _ draw: (Key) -> Tensor) throws -> TensorValue {
    let program = try Program.trace([Port("key", TensorType(.u32, [2]))]) { inputs in
        let key = Key(inputs[0])
        return ["draws": vmap(inputs[0].iota(.i32, [keys], axis: 0)) { draw(key.child($0)) }]
    }
    return try CompiledProgram(program).run([RandomKey(seed: seed).value])[0]
}

/// Pearson's χ² of counts that should be equal.
private func chiSquare(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
}

/// χ² of n degrees of freedom has mean n and variance 2n, and is nearly normal for the n here. Six standard deviations are
/// passed by chance once in 10⁸ times or less often; and since keys are fixed, a test that passes once passes for ever.
private func expectEven(_ counts: [Int], _ what: String) {
    let freedom = Double(counts.count - 1)
    let found = chiSquare(counts)
    #expect(abs(found - freedom) < 6 * (2 * freedom).squareRoot(), "\(what): χ² of \(freedom) is \(found)")
}

@Suite("Random numbers are random")
struct RandomnessTests {
    private let seeds: [UInt64] = [0, 1, 0xFFFF_FFFF_FFFF_FFFF]

    @Test("uniform numbers fill [0, 1) evenly, within a key and from key to key")
    func uniform() throws {
        for seed in seeds {
            let values = try draws(1000, seed: seed) { $0.uniform([128]) }.floats
            #expect(values.allSatisfy { (0..<1).contains($0) })
            var counts = [Int](repeating: 0, count: 256)
            for value in values { counts[Int(value * 256)] += 1 }
            expectEven(counts, "seed \(seed)")
            // The first number of each key, and neighbours in one: pairs in a square of 16 × 16 fields.
            var firsts = [Int](repeating: 0, count: 20)
            for key in 0..<1000 { firsts[Int(values[128 * key] * 20)] += 1 }
            expectEven(firsts, "seed \(seed), first of each key")
            var pairs = [Int](repeating: 0, count: 256)
            for index in stride(from: 0, to: values.count, by: 2) {
                pairs[16 * Int(values[index] * 16) + Int(values[index + 1] * 16)] += 1
            }
            expectEven(pairs, "seed \(seed), pairs")
            // And pairs of equal places in neighbouring keys.
            var across = [Int](repeating: 0, count: 256)
            for index in 0..<(values.count - 128) {
                across[16 * Int(values[index] * 16) + Int(values[index + 128] * 16)] += 1
            }
            expectEven(across, "seed \(seed), neighbouring keys")
        }
    }

    @Test("every bit of a word is one half of the time, and bits do not go together")
    func bits() throws {
        let words = try draws(500, seed: 5) { $0.bits([64]) }.elements(as: UInt32.self)
        // The share of n fair bits deviates from ½ by ½/√n: 0.0028 for 32,000 words; six of those.
        let bound = 6 * 0.5 / Double(words.count).squareRoot()
        for bit in 0..<32 as Range<UInt32> {
            let ones = words.count { $0 >> bit & 1 == 1 }
            #expect(abs(Double(ones) / Double(words.count) - 0.5) < bound, "bit \(bit)")
            for other in 0..<bit {
                let equal = words.count { ($0 >> bit ^ $0 >> other) & 1 == 0 }
                #expect(abs(Double(equal) / Double(words.count) - 0.5) < bound, "bits \(bit) and \(other)")
            }
        }
    }

    @Test("normal numbers have the moments and the quantiles of the normal distribution")
    func normal() throws {
        for seed in seeds {
            let values = try draws(1000, seed: seed) { $0.normal([100]) }.floats.map(Double.init)
            let n = Double(values.count)
            let moment = { (power: Int) in
                values.reduce(0) { sum, x in sum + (0..<power).reduce(1) { y, _ in y * x } } / n
            }
            // The mean of xᵏ over n numbers deviates by √((m₂ₖ − mₖ²) / n), with m = 1, 3, 15, 105 for 2, 4, 6, 8.
            let laws: [(power: Int, mean: Double, variance: Double)] = [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]
            for (power, mean, variance) in laws {
                let found = moment(power)
                #expect(abs(found - mean) < 6 * (variance / n).squareRoot(), "seed \(seed), x^\(power): \(found)")
            }
            // Twelve intervals of probability 1/12: by Python 3.11, `NormalDist().inv_cdf(k / 12)`.
            let quantiles = [
                -1.3829941271006392, -0.9674215661017013, -0.6744897501960817, -0.4307272992954576,
                -0.21042839424792484, 0, 0.21042839424792484, 0.4307272992954576, 0.6744897501960817,
                0.9674215661017013, 1.3829941271006392,
            ]
            var counts = [Int](repeating: 0, count: 12)
            for value in values { counts[quantiles.count { $0 <= value }] += 1 }
            expectEven(counts, "seed \(seed)")
            // Tails: 1 in 31,574 lies beyond 4; of 100,000 about 3.2 ± 1.8.
            #expect(values.count { abs($0) > 4 } <= 14)
        }
    }

    @Test("integers take each value as often")
    func integers() throws {
        for bound in [2, 10, 97] {
            let values = try draws(500, seed: 11) { $0.integers(below: bound, [100]) }.elements(as: Int32.self)
            var counts = [Int](repeating: 0, count: bound)
            for value in values { counts[Int(value)] += 1 }
            expectEven(counts, "below \(bound)")
        }
    }

    @Test("permutations are permutations, and each of the 24 orders of four is as likely")
    func permutations() throws {
        let keys = 12_000
        let orders = try draws(keys, seed: 21) { $0.permutation(4) }.elements(as: Int32.self)
        var counts: [[Int32]: Int] = [:]
        for key in 0..<keys { counts[Array(orders[(4 * key)..<(4 * key + 4)]), default: 0] += 1 }
        #expect(counts.count == 24 && counts.keys.allSatisfy { $0.sorted() == [0, 1, 2, 3] })
        expectEven(counts.values.sorted(), "orders of four")

        let long = try draws(200, seed: 22) { $0.permutation(33) }.elements(as: Int32.self)
        for key in 0..<200 {
            #expect(long[(33 * key)..<(33 * key + 33)].sorted() == Array(0..<33), "key \(key)")
        }
    }

    @Test("children of one key do not meet: by index, by name, and what they draw")
    func children() {
        var seen: Set<[UInt32]> = []
        for seed in seeds {
            let key = RandomKey(seed: seed)
            for index in 0..<2000 { #expect(seen.insert(key.child(index).words).inserted, "\(seed) \(index)") }
            for index in 0..<2000 { #expect(seen.insert(key.child("\(index)").words).inserted, "\(seed) '\(index)'") }
            let drawn = key.bits(4000)
            for index in stride(from: 0, to: 4000, by: 2) {
                #expect(seen.insert([drawn[index], drawn[index + 1]]).inserted, "\(seed), word \(index)")
            }
        }
    }
}
