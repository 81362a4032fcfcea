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
                let overdue = visitors.overdue(at: Self.instant(now)).map(\.visitor)
                let expected = truth.filter { !$1.stays && $1.since + 5 <= now && !told.contains($0) }.keys
                #expect(Set(overdue) == Set(expected) && overdue.count == expected.count, "seed \(seed)")
                told.formUnion(overdue)
                if let next = visitors.nextDeadline { #expect(next > Self.instant(now)) }
            }
        }
    }

    @Test("whose way is long may take longer, and is asked for it once")
    func longWays() {
        for seed in 0..<200 as Range<UInt64> {
            var random = Seeded(seed)
            var visitors = Visitors<Int>(patience: .seconds(5))
            var expected: [Int: Int] = [:]
            var asked: [Int] = []
            for number in 0..<20 {
                let (time, more) = (number / 3, Int.random(in: 0...9, using: &random))
                visitors.come(number, at: Int32(number), Self.instant(time))
                expected[number] = time + 5 + more
            }
            var told: [Int] = []
            for now in 0..<40 {
                let overdue = visitors.overdue(at: Self.instant(now)) { number, usual in
                    asked.append(number)
                    return .seconds((expected[number] ?? 0) - number / 3)
                }
                for (number, patience) in overdue {
                    #expect(expected[number] == now, "seed \(seed)")
                    #expect(patience == .seconds(now - number / 3))
                    told.append(number)
                }
                if let next = visitors.nextDeadline { #expect(next > Self.instant(now)) }
            }
            #expect(told.sorted() == Array(0..<20) && asked.sorted() == told.sorted(), "seed \(seed)")
        }
    }

    @Test("without patience nobody is sent away")
    func forever() {
        var visitors = Visitors<Int>(patience: nil)
        visitors.come(1, at: 1, Self.instant(0))
        #expect(visitors.overdue(at: Self.instant(1 << 30)).isEmpty && visitors.nextDeadline == nil)
    }

    @Test("who was turned away does not count, until another one is at that place")
    func turningAway() {
        var visitors = Visitors<Int>(patience: nil)
        for number in 0..<4 { visitors.come(number, at: Int32(number), Self.instant(0)) }
        let answers = [1, 1, 9].map { visitors.turnAway($0) }
        #expect(answers == [true, true, false], "at 9 there is nobody")
        #expect(visitors.count == 3 && visitors[1] == 1)
        #expect(visitors.leave(1) == 1)
        #expect(visitors.count == 3)
        _ = visitors.turnAway(2)
        visitors.come(5, at: 2, Self.instant(1))
        #expect(visitors.count == 3)
        visitors.leave(2)
        #expect(visitors.count == 2)
    }

    @Test("of those who are turned away 64 have room to be told why, and others when some of them have gone")
    func farewells() {
        var visitors = Visitors<Int>(patience: nil)
        for number in 0..<100 { visitors.come(number, at: Int32(number), Self.instant(0)) }
        let told = (0..<80).filter { visitors.turnAway(Int32($0)) }
        #expect(told == Array(0..<64) && visitors.count == 20)
        for place in 0..<20 as Range<Int32> { visitors.leave(place) }
        let more = (80..<100).filter { visitors.turnAway(Int32($0)) }
        #expect(more == Array(80..<84))
    }
}
