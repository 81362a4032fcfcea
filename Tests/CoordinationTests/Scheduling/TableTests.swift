import TestSupport
import Testing

@testable import Coordination

@Suite("Tables")
struct TableTests {
    @Test("a table does what a dictionary does, whatever is added, changed and removed")
    func agreement() {
        for seed in 0..<300 as Range<UInt64> {
            var random = Seeded(seed)
            var table = Table<Int, [Int]>()
            var truth: [Int: [Int]] = [:]
            for step in 0..<100 {
                let key = random.integer(0...12)
                switch random.integer(0...5) {
                case 0:
                    table[key] = [step]
                    truth[key] = [step]
                case 1:
                    table[key] = nil
                    truth[key] = nil
                case 2: #expect(table.removeValue(forKey: key) == truth.removeValue(forKey: key), "seed \(seed)")
                case 3:
                    let count = table.update(key) { record in
                        record.append(step)
                        return record.count
                    }
                    truth[key]?.append(step)
                    #expect(count == truth[key]?.count, "seed \(seed)")
                case 4:
                    table.update(key, orAdd: [-step]) { $0.append(step) }
                    truth[key, default: [-step]].append(step)
                default: #expect(table.look(key) { $0.last } == truth[key].map(\.last), "seed \(seed)")
                }
                #expect(table.count == truth.count && table.isEmpty == truth.isEmpty, "seed \(seed)")
                #expect(table.contains(key) == (truth[key] != nil), "seed \(seed)")
                #expect((0...12).allSatisfy { table[$0] == truth[$0] }, "seed \(seed)")
            }
            #expect(table.keys.sorted() == truth.keys.sorted(), "seed \(seed)")
            #expect(zip(table.keys, table.values).allSatisfy { truth[$0] == $1 }, "seed \(seed)")
            #expect(table.allSatisfy { truth[$0.key] == $0.value }, "seed \(seed)")
        }
    }

    @Test("a copy goes its own way")
    func copies() {
        var table = Table<Int, [Int]>()
        table[1] = [1]
        let copy = table
        table.update(1) { $0.append(2) }
        table[2] = []
        #expect(copy[1] == [1] && copy[2] == nil && table[1] == [1, 2])
    }
}
