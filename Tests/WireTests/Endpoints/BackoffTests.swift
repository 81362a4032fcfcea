import TestSupport
import Testing

@testable import Wire

@Suite("Back-off")
struct BackoffTests {
    @Test("the first failures cost no pause, and then pauses double until the longest")
    func pauses() {
        for lot in [0, 1, .max / 2, .max] as [UInt32] {
            var backoff = Backoff(lot: lot)
            for _ in 0..<Backoff.free { #expect(backoff.fail() == nil) }
            let share = 0.75 + Double(lot) / Double(UInt32.max) / 2
            for pause in [0.25, 0.5, 1, 2, 2, 2] as [Double] {
                let found = backoff.fail() ?? .zero
                #expect(abs(found / .seconds(1) - pause * share) < 1e-9)
            }
            for _ in 0..<100 { #expect(backoff.fail() == Backoff.longest * share) }
            backoff.succeed()
            for _ in 0..<Backoff.free { #expect(backoff.fail() == nil) }
        }
    }

    @Test(
        "an hour before a door that is closed at once costs a connection every two seconds, and a thousand do not come together"
    )
    func hour() {
        var random = Seeded(1)
        var arrivals: [Int: Int] = [:]
        for _ in 0..<1_000 {
            var backoff = Backoff(lot: UInt32.random(in: 0...(.max), using: &random))
            var (now, count) = (Duration.zero, 0)
            while now < .seconds(3_600) {
                now += backoff.fail() ?? .milliseconds(100)
                count += 1
                arrivals[Int(now / .milliseconds(100)), default: 0] += 1
            }
            #expect((1_400...2_500).contains(count), "\(count)")
        }
        // Within a tenth of a second, after the first minute.
        let most = arrivals.filter { $0.key > 600 }.values.max() ?? 0
        #expect(most < 120, "\(most)")
    }
}
