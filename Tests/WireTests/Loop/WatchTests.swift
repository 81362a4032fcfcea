import Testing

@testable import Wire

@Suite("Looking out for work")
struct WatchTests {
    /// How many microseconds a thread looks out that works after so many, one after the other.
    private static func looks(_ waits: [Int]) -> [Int] {
        var watch = Watch()
        var time = 0
        func now(_ time: Int) -> Instant { Instant(nanoseconds: 1_000 * time) }
        watch.work(now(time))
        return waits.map { wait in
            let end = (0...wait).first { watch.isOver(now(time + $0)) } ?? wait
            time += wait
            watch.work(now(time))
            return end
        }
    }

    @Test("a thread looks out as long as work comes soon, and less and less where it does not")
    func adaptation() {
        #expect(Self.looks([10, 60, 200, 250, 10]) == [10, 60, 200, 200, 10])
        #expect(Self.looks([400, 400, 400, 400]) == [200, 100, 50, 25])
        #expect(Self.looks([400, 400, 20, 400]) == [200, 100, 20, 200])
        #expect(Self.looks(Array(repeating: 500_000, count: 40)).suffix(20) == Array(repeating: 0, count: 20))
        #expect(Self.looks(Array(repeating: 500_000, count: 40) + [90, 90]).suffix(2) == [0, 90])
    }

    @Test("who is busy all the time has not waited")
    func busy() {
        var watch = Watch()
        for time in stride(from: 0, to: 10_000_000, by: 400_000) { watch.work(Instant(nanoseconds: time)) }
        let isOver = [199, 200].map { watch.isOver(Instant(nanoseconds: 9_600_000 + 1_000 * $0)) }
        #expect(isOver == [false, true])
    }
}
