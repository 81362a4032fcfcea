import TestSupport
import Testing

@testable import Wire

@Suite("Visitors")
struct VisitorsTests {
    private static func instant(_ seconds: Int) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test("whoever is not admitted in time is told once, and nobody else")
    func overdue() {
        for seed in 0..<200 as Range<UInt64> {
            var random = Seeded(seed)
            var visitors = Visitors<Int>(patience: .seconds(5))
            // By visitor: where it is, when it came, whether it may stay.
            var truth: [Int: (place: Int32, since: Int, stays: Bool)] = [:]
            var told: Set<Int> = []
            var number = 0
            for now in 0..<60 {
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    let place = Int32.random(in: 0..<12, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0, 1:
                        guard visitors[place] == nil else { continue }
                        number += 1
                        visitors.come(number, at: place, Self.instant(now))
                        truth[number] = (place, now, false)
                    case 2:
                        visitors.admit(place)
                        if let here = visitors[place] { truth[here]?.stays = true }
                    default:
                        let gone = visitors.leave(place)
                        #expect(gone == truth.first { $1.place == place }?.key)
                        if let gone { truth[gone] = nil }
                    }
                }
                #expect(visitors.count == truth.count)
                let overdue = visitors.overdue(at: Self.instant(now))
                let expected = truth.filter { !$1.stays && $1.since + 5 <= now && !told.contains($0) }.keys
                #expect(Set(overdue) == Set(expected) && overdue.count == expected.count, "seed \(seed)")
                told.formUnion(overdue)
                if let next = visitors.nextDeadline { #expect(next > Self.instant(now)) }
            }
        }
    }

    @Test("without patience nobody is sent away")
    func forever() {
        var visitors = Visitors<Int>(patience: nil)
        visitors.come(1, at: 1, Self.instant(0))
        #expect(visitors.overdue(at: Self.instant(1 << 30)) == [] && visitors.nextDeadline == nil)
    }
}
