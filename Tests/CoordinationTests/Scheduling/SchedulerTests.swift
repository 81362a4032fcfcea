import Tasks
import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("Scheduler")
struct SchedulerTests {
    private let first = Trial.worker(1)
    private let second = Trial.worker(2)

    @Test("a result of one who was not given the task has no effect")
    func foreignResults() {
        var trial = Trial()
        let task = Trial.task(1)
        _ = trial.tell(.joined(first, slots: 1), .joined(second, slots: 1))
        let attempt = Attempt(task.task, 1)
        #expect(trial.submit(task) == [.assign(attempt, to: first)])
        let lie = Trial.tensor(66)
        #expect(
            trial.tell(.finished(attempt, by: second, outputs: [lie], stored: [lie.name]))
                == [.accept(attempt, from: second), .release([lie.name], at: second), .forget(lie.name)]
        )
        #expect(trial.tell(.failed(attempt, AttemptFailure(.refused, at: second, "no"))).isEmpty)
        #expect(trial.tell(.heard(second, running: [attempt])) == [.cancel(attempt, at: second)])
        let truth = Trial.tensor(1)
        let actions = trial.tell(.finished(attempt, by: first, outputs: [truth], stored: []))
        #expect(actions == [.accept(attempt, from: first), .deliver(task.task, outputs: [truth])])
    }

    @Test("a worker that comes back goes on with its attempt, and false alarms are not held against the task")
    func falseAlarms() {
        var trial = Trial()
        let task = Trial.task(1)
        _ = trial.tell(.joined(first, slots: 1))
        let attempt = Attempt(task.task, 1)
        #expect(trial.submit(task) == [.assign(attempt, to: first)])
        for number in 1..<20 as Range<UInt64> {
            let (old, new) = (Trial.worker(number), Trial.worker(number + 1))
            let dismissal = trial.tell(.left(old, because: .disconnected))
            #expect(dismissal == [.dismiss(old, because: .disconnected, givenBack: [attempt])])
            // It is busy with the very task that it would be given.
            #expect(trial.tell(.joined(new, slots: 0, after: old)).isEmpty)
            #expect(trial.tell(.heard(new, running: [attempt])).isEmpty, "alarm \(number)")
        }
        let worker = Trial.worker(20)
        let output = Trial.tensor(1)
        let actions = trial.tell(.finished(attempt, by: worker, outputs: [output], stored: []))
        #expect(actions == [.accept(attempt, from: worker), .deliver(task.task, outputs: [output])])
    }

    @Test("a result that is late, since its worker came back, counts when there is none yet")
    func lateResults() {
        var trial = Trial()
        let task = Trial.task(1)
        _ = trial.tell(.joined(first, slots: 1))
        _ = trial.submit(task)
        _ = trial.tell(.left(first, because: .silent))
        let third = Trial.worker(3)
        #expect(
            trial.tell(.joined(second, slots: 1)).assignments == [.init(attempt: Attempt(task.task, 2), worker: second)]
        )
        _ = trial.tell(.joined(third, slots: 1, after: first))
        let output = Trial.tensor(1)
        let late = Attempt(task.task, 1)
        #expect(
            trial.tell(.finished(late, by: third, outputs: [output], stored: []))
                == [
                    .accept(late, from: third), .deliver(task.task, outputs: [output]),
                    .cancel(Attempt(task.task, 2), at: second),
                ]
        )
    }

    @Test("a result that differs from an earlier one is reported, and the earlier one stands")
    func contradiction() {
        var trial = Trial()
        let task = Trial.task(1)
        _ = trial.tell(.joined(first, slots: 1))
        _ = trial.submit(task)
        _ = trial.tell(.left(first, because: .silent), .joined(second, slots: 1))
        let third = Trial.worker(3)
        _ = trial.tell(.joined(third, slots: 1, after: first))
        let (truth, lie) = (Trial.tensor(101), Trial.tensor(166))
        _ = trial.tell(.finished(Attempt(task.task, 2), by: second, outputs: [truth], stored: []))
        let late = Attempt(task.task, 1)
        #expect(
            trial.tell(.finished(late, by: third, outputs: [lie], stored: []))
                == [
                    .contradict(task, between: [second, third]), .accept(late, from: third),
                    .release([lie.name], at: third),
                ]
        )
        #expect(trial.tell(.wanted(truth.name)) == [.fetch(truth, from: second)])
    }

    @Test("an output whose holders are gone is computed again, and then fetched, for one who waits for it")
    func lostOutput() {
        var trial = Trial()
        let task = Trial.task(1)
        let output = Trial.tensor(101)
        _ = trial.tell(.joined(first, slots: 1))
        _ = trial.submit(task)
        _ = trial.tell(.finished(Attempt(task.task, 1), by: first, outputs: [output], stored: []))
        #expect(trial.tell(.wanted(output.name)) == [.fetch(output, from: first)])
        _ = trial.tell(.left(first, because: .disconnected))
        let again = Attempt(task.task, 2)
        #expect(trial.tell(.joined(second, slots: 1)) == [.assign(again, to: second)])
        #expect(
            trial.tell(.finished(again, by: second, outputs: [output], stored: []))
                == [.accept(again, from: second), .fetch(output, from: second)]
        )
        #expect(trial.tell(.stored(output.name)) == [.provide(output.name)])
        #expect(trial.tell(.released([output.name])) == [.forget(output.name), .release([output.name], at: second)])
        #expect(trial.scheduler.isEmpty)
    }

    @Test("a task that fails goes to those who have not tried it, and fails with what each of them said")
    func poison() {
        var trial = Trial()
        let task = Trial.task(1)
        let workers = (1...3).map(Trial.worker)
        for worker in workers { _ = trial.tell(.joined(worker, slots: 1)) }
        var actions = trial.submit(task)
        for (number, worker) in workers.enumerated() {
            let attempt = Attempt(task.task, number + 1)
            #expect(actions == [.assign(attempt, to: worker)])
            actions = trial.tell(.failed(attempt, AttemptFailure(.execution, at: worker, "\(worker) says no")))
            trial.now = trial.now.advanced(by: .milliseconds(900))
            if number == 1 {
                #expect(actions.isEmpty, "it is not tried again at once")
                actions = trial.tell(.tick)
            }
        }
        #expect(actions == [.fail(task, workers.map { AttemptFailure(.execution, at: $0, "\($0) says no") })])
        #expect(trial.scheduler.isEmpty)
    }

    @Test("a task that runs beside one that kills workers is not blamed for it")
    func besideADeadlyTask() {
        var trial = Trial()
        let (deadly, innocent) = (Trial.task(1), Trial.task(2))
        _ = trial.submit(deadly)
        _ = trial.submit(innocent)
        var ends: [Scheduler.Action] = []
        for number in 1...80 as ClosedRange<UInt64> where ends.count < 2 {
            let worker = Trial.worker(number)
            trial.now = trial.now.advanced(by: .seconds(5))
            var actions = trial.tell(.tick) + trial.tell(.joined(worker, slots: 2))
            let given = actions.assignments.map(\.attempt)
            if given.contains(where: { $0.task == deadly.task }) {
                actions += trial.tell(.left(worker, because: .disconnected))
            } else if let attempt = given.first {
                actions += trial.tell(.finished(attempt, by: worker, outputs: [Trial.tensor(1)], stored: []))
                actions += trial.tell(.left(worker, because: .disconnected))
            }
            ends += actions.filter { action in
                switch action {
                case .deliver, .fail: true
                default: false
                }
            }
        }
        #expect(ends.contains(.deliver(innocent.task, outputs: [Trial.tensor(1)])))
        #expect(ends.contains { if case .fail(deadly, let failures) = $0 { failures.count == 20 } else { false } })
    }

    @Test("a lost input that cannot be made again ends the task that needs it")
    func poisonInput() {
        var trial = Trial()
        let producer = Trial.task(1)
        let state = Trial.tensor(101)
        let dependant = Trial.task(2, of: [state])
        _ = trial.tell(.joined(first, slots: 1))
        _ = trial.submit(producer)
        _ = trial.tell(.finished(Attempt(producer.task, 1), by: first, outputs: [state], stored: []))
        _ = trial.tell(.left(first, because: .disconnected))
        _ = trial.tell(.submitted(dependant, given: []))
        #expect(trial.tell(.joined(second, slots: 1)).assignments.count == 1)
        var actions: [Scheduler.Action] = []
        for number in 2...4 {
            let failure = AttemptFailure(.execution, at: second, "no")
            actions = trial.tell(.failed(Attempt(producer.task, number), failure))
            if number == 3 {
                trial.now = Instant(nanoseconds: 500_000_000)
                #expect(trial.tell(.tick).assignments.count == 1)
            }
        }
        #expect(actions == [.fail(dependant, Array(repeating: AttemptFailure(.execution, at: second, "no"), count: 3))])
        #expect(trial.tell(.released([state.name])).isEmpty)
        #expect(trial.scheduler.isEmpty)
    }

    @Test("what parked tasks need is fetched for as many of them as there are free slots")
    func fetchesAreFew() {
        var trial = Trial()
        _ = trial.tell(.joined(first, slots: 4))
        let states = (101...104).map(Trial.tensor)
        for (number, state) in states.enumerated() {
            _ = trial.submit(Trial.task(number))
            let attempt = Attempt(Trial.task(number).task, 1)
            _ = trial.tell(.finished(attempt, by: first, outputs: [state], stored: []))
        }
        for number in 20..<24 { #expect(trial.submit(Trial.task(number)).assignments.map(\.worker) == [first]) }
        for (number, state) in states.enumerated() {
            #expect(trial.tell(.submitted(Trial.task(10 + number, of: [state]), given: [])).isEmpty)
        }
        #expect(
            trial.tell(.joined(second, slots: 2)) == [.fetch(states[0], from: first), .fetch(states[1], from: first)]
        )
        let actions = trial.tell(.stored(states[1].name))
        #expect(actions.assignments.map(\.worker) == [second])
        #expect(trial.tell(.stored(states[0].name)).assignments.count == 1)
    }

    @Test("what the recipe brings stays for as long as a task can need it, whoever has made it before")
    func given() {
        var trial = Trial()
        _ = trial.tell(.joined(first, slots: 1))
        let (blob, output) = (Trial.tensor(1), Trial.tensor(2))
        let (maker, user) = (Trial.task(1), Trial.task(2, of: [blob]))
        _ = trial.submit(maker)
        _ = trial.tell(.finished(Attempt(maker.task, 1), by: first, outputs: [blob], stored: [blob.name]))
        _ = trial.submit(user)
        #expect(trial.scheduler.blobs[blob.name]?.producer == nil)
        _ = trial.tell(.released([blob.name]))
        #expect(trial.scheduler.specification(of: maker.task) == nil, "nobody need make it again")
        let end = trial.tell(.finished(Attempt(user.task, 1), by: first, outputs: [output], stored: [output.name]))
        #expect(!end.contains(.forget(blob.name)), "it may have to be run again")
        #expect(trial.tell(.released([output.name])).contains(.forget(blob.name)))
        #expect(trial.scheduler.isEmpty)
    }

    @Test("what a worker has ahead is counted in works, of which a task may do several", arguments: [1, 4, 16, 64])
    func works(each count: Int) {
        var trial = Trial()
        _ = trial.tell(.joined(first, slots: 2))
        let program = ProgramBlob(hash: Hash(of: [1]), name: Hash(of: [2]), byteCount: 1)
        func task(_ number: UInt8) -> TaskSpecification {
            TaskSpecification(
                task: Hash(of: [3, number]),
                role: .round(0),
                program: program,
                inputs: [],
                outputs: [],
                keeping: .untilSnapshot,
                workCount: count
            )
        }
        _ = trial.submit(task(0))
        let attempt = Attempt(task(0).task, 1)
        _ = trial.tell(.finished(attempt, by: first, outputs: [], stored: [], took: .microseconds(1), isFinite: true))
        for number in 1...100 as ClosedRange<UInt8> { _ = trial.submit(task(number)) }
        #expect(trial.scheduler.running.count == 2 + trial.scheduler.limits.ahead / count)
    }

    @Test("few tasks spread over workers, by the share of their slots that is taken")
    func spread() {
        var trial = Trial()
        _ = trial.tell(.joined(first, slots: 2), .joined(second, slots: 4))
        let places = (0..<6).flatMap { trial.submit(Trial.task($0)).assignments.map(\.worker) }
        #expect(places == [first, second, second, first, second, second])
        #expect(trial.submit(Trial.task(6)).assignments.isEmpty)
    }

    @Test("a worker that drains is let go once it runs nothing, and what only it has was fetched")
    func bequest() {
        var trial = Trial()
        _ = trial.tell(.joined(first, slots: 12))
        let states = (101...110).map(Trial.tensor)
        for number in states.indices { _ = trial.submit(Trial.task(number)) }
        _ = trial.tell(.joined(second, slots: 1))
        #expect(trial.scheduler.workers[first]?.running.count == 10)
        #expect(trial.tell(.draining(first)).isEmpty, "it still runs something")
        var fetched: Set<Hash> = []
        for (number, state) in states.enumerated() {
            let attempt = Attempt(Trial.task(number).task, 1)
            let actions = trial.tell(.finished(attempt, by: first, outputs: [state], stored: []))
            #expect(!actions.contains(.letGo(first)))
            for case .fetch(let blob, first) in actions { fetched.insert(blob.name) }
        }
        #expect(fetched.count == 8, "some at a time")
        var arrived: [Hash] = []
        while let next = fetched.subtracting(arrived).min() {
            let actions = trial.tell(.stored(next))
            arrived.append(next)
            for case .fetch(let blob, first) in actions { fetched.insert(blob.name) }
            #expect(actions.contains(.letGo(first)) == (arrived.count == 10))
        }
        #expect(fetched == Set(states.map(\.name)))
        #expect(trial.tell(.tick).isEmpty, "it is told once")
        #expect(trial.tell(.left(first, because: .goodbye)).assignments.isEmpty, "nothing is done again")
        var empty = Trial()
        #expect(empty.tell(.joined(first, slots: 1), .draining(first)) == [.letGo(first)])
    }

    @Test("a worker of which nothing is heard is dismissed after the limit, and not before")
    func silence() {
        var trial = Trial()
        _ = trial.tell(.joined(first, slots: 1))
        for _ in 1...2 {
            trial.now = trial.now.advanced(by: .milliseconds(1_950))
            #expect(trial.tell(.tick).isEmpty)
            _ = trial.tell(.heard(first, running: []))
        }
        trial.now = trial.now.advanced(by: .milliseconds(1_950))
        #expect(trial.tell(.tick).isEmpty)
        trial.now = trial.now.advanced(by: .nanoseconds(1))
        #expect(trial.tell(.tick) == [.dismiss(first, because: .silent, givenBack: [])])
    }

    @Test("how long a worker may be silent changes while it is here, and counts from when it was heard last")
    func changingSilence() {
        var trial = Trial()
        _ = trial.tell(.joined(first, slots: 1, silence: .seconds(7)))
        trial.now = Instant(nanoseconds: 6_000_000_000)
        #expect(trial.tell(.heard(first, running: []), .awaited(first, silence: .seconds(3)), .tick).isEmpty)
        #expect(trial.scheduler.silenceEnd == Instant(nanoseconds: 9_000_000_000))
        #expect(trial.tell(.awaited(first, silence: .seconds(4))).isEmpty)
        trial.now = Instant(nanoseconds: 10_000_000_000)
        #expect(trial.tell(.tick).isEmpty)
        trial.now = Instant(nanoseconds: 10_000_000_001)
        #expect(trial.tell(.tick) == [.dismiss(first, because: .silent, givenBack: [])])
        #expect(trial.tell(.awaited(first, silence: .seconds(4))).isEmpty, "it is gone")
        #expect(trial.scheduler.silenceEnd == nil)
    }

    @Test("a worker that may be silent for longer is dismissed later, and the end of the next silence is told")
    func longSilence() {
        for seed in 0..<50 as Range<UInt64> {
            var random = Seeded(seed)
            var trial = Trial()
            var ends: [WorkerID: Instant] = [:]
            for number in 1...5 as ClosedRange<UInt64> {
                let (worker, silence) = (Trial.worker(number), Duration.milliseconds(random.integer(2_000...15_000)))
                _ = trial.tell(.joined(worker, slots: 1, silence: silence))
                ends[worker] = trial.now.advanced(by: silence)
                trial.now = trial.now.advanced(by: .milliseconds(100))
            }
            while let (worker, end) = ends.min(by: { $0.value < $1.value }) {
                #expect(trial.scheduler.silenceEnd == end, "seed \(seed)")
                trial.now = end
                #expect(trial.tell(.tick).isEmpty)
                trial.now = end.advanced(by: .nanoseconds(1))
                #expect(trial.tell(.tick) == [.dismiss(worker, because: .silent, givenBack: [])], "seed \(seed)")
                ends[worker] = nil
            }
            #expect(trial.scheduler.silenceEnd == nil)
        }
    }

    @Test("what a worker was sent for a task that is no longer wanted is released there")
    func releasedAfterAbandoning() {
        var trial = Trial()
        let input = Trial.tensor(1)
        let task = Trial.task(1, of: [input])
        _ = trial.tell(.joined(first, slots: 1))
        _ = trial.submit(task)
        #expect(
            trial.tell(.abandoned(task.task))
                == [
                    .cancel(Attempt(task.task, 1), at: first), .forget(input.name), .release([input.name], at: first),
                ]
        )
        #expect(trial.scheduler.isEmpty)
        // And no number is given twice, since an answer to the first may be under way.
        #expect(trial.submit(task) == [.assign(Attempt(task.task, 2), to: first)])
    }
}
