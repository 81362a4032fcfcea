import Tensors
import TestSupport
import Testing

@testable import Tasks

@Suite("What a cache forgets")
struct CachePolicyTests {
    private static let names = (0...30).map { Hash(of: [$0]) }

    @Test("is what was not used for longest, never what is pinned, and no more than it must")
    func laws() {
        for seed in 0..<300 as Range<UInt64> {
            var random = Seeded(seed)
            var policy = CachePolicy(budget: random.integer(0...2_000))
            // The names by their last use, the oldest first.
            var model: [(name: Hash, byteCount: Int)] = []
            for _ in 0..<200 {
                let name = random.pick(Self.names)
                switch random.integer(0...4) {
                case 0...1:
                    let byteCount = random.integer(0...300)
                    policy.insert(name, byteCount: byteCount)
                    model.removeAll { $0.name == name }
                    model.append((name, byteCount))
                case 2:
                    policy.use(name)
                    if let index = model.firstIndex(where: { $0.name == name }) {
                        model.append(model.remove(at: index))
                    }
                case 3:
                    policy.remove(name)
                    model.removeAll { $0.name == name }
                default:
                    let pinned = Set((0..<random.integer(0...12)).map { _ in random.pick(Self.names) })
                    let before = policy.byteCount
                    let evicted = policy.evict { pinned }
                    #expect(before > policy.budget || evicted.isEmpty, "seed \(seed)")
                    #expect(pinned.isDisjoint(with: evicted), "seed \(seed)")
                    let candidates = model.map(\.name).filter { !pinned.contains($0) }
                    #expect(evicted == Array(candidates.prefix(evicted.count)), "seed \(seed): the oldest")
                    model.removeAll { evicted.contains($0.name) }
                    let isAllPinned = model.allSatisfy { pinned.contains($0.name) }
                    #expect(policy.byteCount <= policy.budget || isAllPinned, "seed \(seed): within the budget")
                    if let last = evicted.last {
                        // Without the last one it would have been too much still.
                        #expect(!policy.contains(last))
                    }
                }
                #expect(policy.byteCount == model.reduce(0) { $0 + $1.byteCount }, "seed \(seed)")
                #expect(policy.count == model.count, "seed \(seed)")
            }
        }
    }

    @Test("leaves an eighth of the budget free")
    func room() {
        var policy = CachePolicy(budget: 800)
        let names = Self.names
        for name in names.prefix(9) { policy.insert(name, byteCount: 100) }
        policy.use(names[0])
        #expect(policy.evict { [names[1]] } == [names[2], names[3]])
        #expect(policy.byteCount == 700 && policy.evict { [] } == [])
    }
}
