import Coordination
import Tasks
import Testing

@Suite("What happens in a cluster")
struct ClusterEventTests {
    @Test("a worker that leaves much behind names a few of it")
    func left() {
        func text(_ count: Int) -> String {
            "\(ClusterEvent.left(worker: "anna", reason: "gone", givenBack: (0..<count).map { .round($0) }))"
        }
        #expect(text(0) == "anna left: gone")
        #expect(text(1) == "anna left: gone; given back: round 1")
        #expect(text(4) == "anna left: gone; given back: round 1, round 2, round 3, round 4")
        #expect(text(5) == "anna left: gone; given back: round 1, round 2, round 3 and 2 more")
    }
}
