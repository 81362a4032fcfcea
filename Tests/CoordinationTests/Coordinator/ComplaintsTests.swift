import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("Complaints")
struct ComplaintsTests {
    private static func instant(_ milliseconds: Int) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test("are told a few times a period, and all others counted")
    func conservation() {
        for seed in 0..<200 as Range<UInt64> {
            var random = Seeded(seed)
            var complaints = Complaints()
            var (now, noted, told, counted) = (0, 0, 0, 0)
            for _ in 0..<400 {
                now += Int.random(in: 0...200, using: &random)
                if random.oneIn(4) {
                    counted += complaints.summary(at: Self.instant(now)) ?? 0
                } else {
                    noted += 1
                    if complaints.note(at: Self.instant(now)) { told += 1 }
                }
            }
            now += 10_000
            counted += complaints.summary(at: Self.instant(now)) ?? 0
            #expect(told + counted == noted, "seed \(seed)")
            #expect(told <= Complaints.most * (now / 10_000 + 1))
        }
    }

    @Test("begin anew after a period that was quiet")
    func quiet() {
        var complaints = Complaints()
        var told = (0...Complaints.most).map { _ in complaints.note(at: Self.instant(0)) }
        #expect(told == Array(repeating: true, count: Complaints.most) + [false])
        let summaries = [9_999, 10_000, 30_000].map { complaints.summary(at: Self.instant($0)) }
        #expect(summaries == [nil, 1, nil])
        told = [complaints.note(at: Self.instant(30_000))]
        #expect(told == [true])
    }
}
