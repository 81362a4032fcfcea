import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("What a peer may send")
struct AllowanceTests {
    private static func instant(_ milliseconds: Int) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test("is never more than was asked for, the reserve, and what comes back in time")
    func bound() {
        for seed in 0..<200 as Range<UInt64> {
            var random = Seeded(seed)
            var allowance = Allowance(at: Self.instant(0))
            let sessions = random.integer(0...20)
            let rate = Allowance.perSecond + sessions * Allowance.perSessionAndSecond
            var (now, granted, spent, isRefused) = (0, 0, 0, false)
            for _ in 0..<2_000 {
                if random.oneIn(20) { now += random.integer(0...200) }
                if random.oneIn(10) {
                    let points = random.integer(0...400)
                    granted += points
                    allowance.grant(points)
                }
                let points = random.integer(1...300)
                if allowance.spend(points, sessions: sessions, at: Self.instant(now)) {
                    spent += points
                } else {
                    isRefused = true
                    #expect(allowance.points < points, "seed \(seed)")
                }
                #expect(spent <= Allowance.reserve + granted + rate * now / 1_000, "seed \(seed)")
            }
            #expect(isRefused, "seed \(seed)")
            // Whoever waits is listened to again.
            now += 60_000
            let isHeard = allowance.spend(Allowance.reserve, sessions: 0, at: Self.instant(now))
            #expect(isHeard, "seed \(seed)")
        }
    }

    @Test("is always enough for one that answers what it was asked, and says that it lives")
    func honest() {
        for seed in 0..<200 as Range<UInt64> {
            var random = Seeded(seed)
            var allowance = Allowance(at: Self.instant(0))
            var (now, debts, next) = (0, [Int](), 0)
            var isHeard = true
            // As much as is possible without anybody asking.
            isHeard = allowance.spend(Allowance.reserve, sessions: 1, at: Self.instant(0))
            for _ in 0..<4_000 {
                now += random.integer(0...3)
                for _ in 0..<random.integer(0...20) {
                    let cost = Allowance.cost(items: random.integer(0...512), byteCount: random.integer(0...1 << 20))
                    allowance.grant(cost)
                    debts.append(cost)
                }
                while !debts.isEmpty, !random.oneIn(4) {
                    let place = random.integer(0...(debts.count - 1))
                    isHeard = allowance.spend(debts[place], sessions: 1, at: Self.instant(now)) && isHeard
                    debts.remove(at: place)
                }
                if now >= next {
                    next = now + 500
                    // A heartbeat of as many tasks as it may tell of, and as many that begin.
                    if now > 500 {
                        let cost = Allowance.cost(items: WireLimits.running) + WireLimits.running
                        isHeard = allowance.spend(cost, sessions: 1, at: Self.instant(now)) && isHeard
                    }
                }
            }
            #expect(isHeard, "seed \(seed)")
        }
    }

    @Test("does not grow without end, however much was asked, and never overflows")
    func saving() {
        var allowance = Allowance(at: Self.instant(0))
        for _ in 0..<100 { allowance.grant(.max) }
        #expect(allowance.points == Allowance.most)
        let isHeard = allowance.spend(.max, sessions: 0, at: Self.instant(.max / 1_000_000))
        #expect(!isHeard && allowance.points == Allowance.most)
    }
}
