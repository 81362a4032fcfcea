import TestSupport
import Testing

@testable import Coordination

@Suite("A few values")
struct FewTests {
    @Test("a few values are what an array is, however many they are")
    func agreement() {
        for seed in 0..<300 as Range<UInt64> {
            var random = Seeded(seed)
            var few: Few<Int> = seed % 2 == 0 ? [] : [7, 8]
            var truth = Array(few)
            for step in 0..<60 {
                switch random.integer(0...4) {
                case 0, 1:
                    few.append(step)
                    truth.append(step)
                case 2:
                    let divisor = random.integer(1...4)
                    few.removeAll { $0 % divisor == 0 }
                    truth.removeAll { $0 % divisor == 0 }
                case 3:
                    guard !truth.isEmpty else { continue }
                    let place = random.integer(0...truth.count - 1)
                    few[place] = -step
                    truth[place] = -step
                default: if truth.count > 5 { (few, truth) = ([], []) }
                }
                #expect(Array(few) == truth && few.count == truth.count, "seed \(seed)")
                #expect(few.first == truth.first && few.last == truth.last, "seed \(seed)")
                #expect(few.contains(step) == truth.contains(step), "seed \(seed)")
            }
        }
    }
}
