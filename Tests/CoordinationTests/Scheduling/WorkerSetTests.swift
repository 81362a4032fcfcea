import TestSupport
import Testing

@testable import Coordination

@Suite("Sets of workers")
struct WorkerSetTests {
    @Test("a set of workers holds what a set does, in order")
    func agreement() {
        for seed in 0..<200 as Range<UInt64> {
            var random = Seeded(seed)
            var workers = WorkerSet()
            var truth: Set<WorkerID> = []
            for _ in 0..<60 {
                let worker = WorkerID(session: UInt64(random.integer(1...12)))
                if random.oneIn(2) {
                    workers.insert(worker)
                    truth.insert(worker)
                } else {
                    workers.remove(worker)
                    truth.remove(worker)
                }
                #expect(workers.contains(worker) == truth.contains(worker), "seed \(seed)")
                #expect(Array(workers) == truth.sorted() && workers.isEmpty == truth.isEmpty, "seed \(seed)")
            }
        }
    }
}
