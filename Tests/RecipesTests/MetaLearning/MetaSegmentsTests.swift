import TestSupport
import Testing

@testable import Recipes

@Suite("Segments of meta-training")
struct MetaSegmentsTests {
    /// The segments from an iteration to the end, when nothing diverges any more.
    private func cut(_ segments: MetaSegments, from first: Int = 0, to end: Int) -> [Range<Int>] {
        var segments = segments
        var found: [Range<Int>] = []
        var iteration = first
        while iteration < end {
            let next = segments.next(from: iteration)
            segments.note(hasDiverged: false)
            found.append(next)
            iteration = next.upperBound
        }
        return found
    }

    @Test("are of one length, but where a snapshot or the end comes first")
    func regular() {
        let even = MetaSegments(length: 100, snapshotEvery: 300, iterations: 650)
        #expect(cut(even, to: 650).map(\.count) == [100, 100, 100, 100, 100, 100, 50])
        let odd = MetaSegments(length: 100, snapshotEvery: 250, iterations: 600)
        #expect(cut(odd, to: 600).map(\.count) == [100, 100, 50, 100, 100, 50, 100])
        let long = MetaSegments(length: 100, snapshotEvery: 7, iterations: 20)
        #expect(cut(long, to: 20).map(\.count) == [7, 7, 6])
        let single = MetaSegments(length: 1, snapshotEvery: 7, iterations: 3)
        #expect(cut(single, to: 3).map(\.count) == [1, 1, 1])
        #expect(
            even.lengths == [100, 50] && odd.lengths == [100, 50] && long.lengths == [7, 6] && single.lengths == [1]
        )
    }

    @Test("begin with one meta-batch after a divergence, and double up to the next usual place")
    func irregular() {
        var segments = MetaSegments(length: 100, snapshotEvery: 1000, iterations: 1000)
        segments.note(hasDiverged: true)
        #expect(cut(segments, from: 30, to: 300).map(\.count) == [1, 2, 4, 8, 16, 32, 4, 2, 1, 100, 100])
        segments.note(hasDiverged: true)
        #expect(cut(segments, from: 100, to: 300).map(\.count) == [1, 2, 4, 8, 16, 32, 32, 4, 1, 100])
        // Resumed where another interval had a snapshot.
        let fresh = MetaSegments(length: 100, snapshotEvery: 1000, iterations: 1000)
        #expect(cut(fresh, from: 30, to: 200).map(\.count) == [64, 4, 2, 100])
    }

    @Test("cover every iteration once, end where snapshots are due, and are of few lengths, whatever diverges")
    func laws() {
        for seed in 0..<200 as Range<UInt64> {
            var random = Seeded(seed)
            let iterations = Int.random(in: 1...3000, using: &random)
            let length = Int.random(in: 1...400, using: &random)
            let every = Int.random(in: 1...1000, using: &random)
            var segments = MetaSegments(length: length, snapshotEvery: every, iterations: iterations)
            var lengths: Set<Int> = []
            var iteration = Int.random(in: 0..<iterations, using: &random)
            while iteration < iterations {
                let next = segments.next(from: iteration)
                #expect(next.lowerBound == iteration && (1...length).contains(next.count))
                #expect(next.upperBound <= iterations && (next.upperBound - 1) / every == iteration / every)
                lengths.insert(next.count)
                let hasDiverged = Int.random(in: 0..<20, using: &random) == 0
                segments.note(hasDiverged: hasDiverged)
                iteration = hasDiverged ? Int.random(in: next, using: &random) + 1 : next.upperBound
            }
            // The usual one, that before a snapshot, that at the end, and powers of two.
            #expect(lengths.filter { $0 & ($0 - 1) != 0 }.count <= 3, "seed \(seed): \(lengths)")
        }
    }
}
