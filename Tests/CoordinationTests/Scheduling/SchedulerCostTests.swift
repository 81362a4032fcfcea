import Tensors
import Testing
import Wire

@testable import Coordination

@Suite("Cost of scheduling", .serialized)
struct SchedulerCostTests {
    /// Hands out tasks to 100 workers until all are done, beside some that are too small for any.
    ///
    /// - Returns: how many tasks are looked at for an event, and the time that it takes.
    private func drain(_ count: Int, parked: Bool, beside small: Int) -> (looks: Double, time: Duration) {
        var trial = Trial()
        let states = (0..<count).map { Trial.tensor(100 + $0) }
        var running: [[Scheduler.Action].Assigned] = []
        var events = 0
        func note(_ actions: [Scheduler.Action]) {
            events += 1
            running += actions.assignments
        }
        func bring(_ actions: [Scheduler.Action]) {
            var actions = actions
            while let action = actions.popLast() {
                guard case .fetch(let blob, _) = action else { continue }
                let more = trial.tell(.stored(blob.name))
                note(more)
                actions += more
            }
        }
        let holder = Trial.worker(1_000)
        var farewell: [Scheduler.Action] = []
        let tasks = (0..<count).map { Trial.task($0, of: [states[$0]]) }
        if parked {
            // Every input is an output that lies at one worker, which takes no more tasks.
            _ = trial.tell(.joined(holder, slots: count))
            for index in 0..<count {
                let producer = Trial.task(count + index)
                _ = trial.submit(producer)
                let attempt = Attempt(producer.task, 1)
                _ = trial.tell(.finished(attempt, by: holder, outputs: [states[index]], stored: []))
            }
            farewell = trial.tell(.draining(holder))
        }
        for worker in 0..<small { _ = trial.tell(.joined(Trial.worker(2_000 + UInt64(worker)), slots: 1, memory: 1)) }
        for worker in 0..<100 as Range<UInt64> { _ = trial.tell(.joined(Trial.worker(worker), slots: 1)) }
        let start = ContinuousClock.now
        let lookCount = trial.scheduler.lookCount
        for task in tasks {
            let actions = trial.tell(.submitted(task, given: parked ? [] : [task.inputs[0].name]))
            note(actions)
            bring(actions)
        }
        bring(farewell)
        while !running.isEmpty {
            let next = running.removeLast()
            let output = Trial.tensor(next.attempt.number)
            let actions = trial.tell(.finished(next.attempt, by: next.worker, outputs: [output], stored: []))
            note(actions)
            bring(actions)
            note(trial.tell(.heard(next.worker, running: [])))
        }
        #expect(trial.scheduler.waitingCount == 0)
        let looks = Double(trial.scheduler.lookCount - lookCount) / Double(events)
        return (looks, start.duration(to: .now) / events)
    }

    @Test(
        "with 10,000 waiting tasks an event looks at no more of them than with 1,000",
        arguments: [(false, 0), (true, 0), (false, 3)]
    )
    func linear(parked: Bool, small: Int) {
        let few = drain(1_000, parked: parked, beside: small)
        let many = drain(10_000, parked: parked, beside: small)
        // Nearly all that is looked at is taken.
        #expect(few.looks < 3 && many.looks < few.looks * 1.5, "\(few) and \(many) an event")
        print("an event looks at \(few) with 1,000 and \(many) with 10,000 tasks, parked: \(parked), \(small) small")
    }
}
