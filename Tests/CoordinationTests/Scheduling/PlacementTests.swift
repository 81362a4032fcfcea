import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("Who gets what, and when")
struct PlacementTests {
    private let workers = (1...3).map { Trial.worker($0) }

    private func finished(
        _ task: TaskSpecification,
        _ number: Int,
        _ worker: WorkerID,
        _ output: TensorBlob? = nil,
        took: Duration
    ) -> Scheduler.Event {
        let output = output ?? Trial.tensor(50 + Int(task.task.bytes[0]) % 40)
        return .finished(Attempt(task.task, number), by: worker, outputs: [output], stored: [], took: took)
    }

    private func tasks(_ count: Int) -> [TaskSpecification] {
        (0..<count).map { Trial.task(1, of: [Trial.tensor($0)]) }
    }

    @Test(
        "short tasks are given ahead, for as long as the network might take, and shared when somebody has nothing to do"
    )
    func ahead() {
        var trial = Trial()
        _ = trial.tell(.joined(workers[0], slots: 1))
        let tasks = tasks(10)
        _ = trial.submit(tasks[0])
        _ = trial.tell(finished(tasks[0], 1, workers[0], took: .milliseconds(4)))
        let given = tasks.dropFirst().flatMap { trial.submit($0) }.assignments
        #expect(given.count == 6, "one runs, and five of 4 ms are 20 ms")
        let more = trial.tell(.joined(workers[1], slots: 1)).assignments
        #expect(more.map(\.worker) == [workers[1], workers[1], workers[1]])
        let relief = trial.tell(.joined(workers[2], slots: 1))
        #expect(relief.assignments.map(\.worker) == [workers[2]])
        let taken = relief.compactMap {
            if case .cancel(let attempt, let worker) = $0 { (attempt, worker) } else { nil }
        }
        #expect(taken.map(\.1) == [workers[0]])
        #expect(taken.first?.0 == given.last?.attempt, "the last one, which is farthest from being run")
    }

    @Test("long tasks, and such of which nothing is known, are not given ahead")
    func notAhead() {
        var trial = Trial()
        _ = trial.tell(.joined(workers[0], slots: 1))
        let tasks = tasks(4)
        #expect(tasks.flatMap { trial.submit($0) }.assignments.count == 1)
        #expect(trial.tell(finished(tasks[0], 1, workers[0], took: .milliseconds(30))).assignments.count == 1)
        #expect(trial.scheduler.workers[workers[0]]?.running.count == 1)
    }

    @Test("a task whose input lies only at the worker that is slow is raced as soon as the input is here")
    func stragglerWithItsInput() {
        var trial = Trial()
        for worker in workers.prefix(2) { _ = trial.tell(.joined(worker, slots: 1)) }
        let (first, table) = (Trial.task(1), Trial.tensor(100))
        _ = trial.submit(first)
        _ = trial.tell(finished(first, 1, workers[0], table, took: .milliseconds(30)))
        let second = Trial.task(2, of: [table])
        #expect(trial.tell(.submitted(second, given: [])).assignments.map(\.worker) == [workers[0]])
        var late: [Scheduler.Action] = []
        for _ in 0..<61 {
            #expect(late.isEmpty)
            trial.now = trial.now.advanced(by: .seconds(1))
            for worker in workers.prefix(2) { _ = trial.tell(.heard(worker, running: [])) }
            late = trial.tell(.tick)
        }
        #expect(late == [.fetch(table, from: workers[0])])
        let race = trial.tell(.stored(table.name)) + trial.tell(.tick)
        #expect(race.assignments == [.init(attempt: Attempt(second.task, 2), worker: workers[1])])
    }

    @Test(
        "a task that takes much longer than its like is raced where nothing else is to be done, and the first result counts"
    )
    func stragglers() {
        for isSlowFirst in [false, true] {
            var trial = Trial()
            for worker in workers.prefix(2) { _ = trial.tell(.joined(worker, slots: 1)) }
            let tasks = tasks(2)
            for task in tasks { _ = trial.submit(task) }
            _ = trial.tell(finished(tasks[0], 1, workers[0], took: .seconds(1)))
            var race: [Scheduler.Action] = []
            for _ in 0..<4 {
                trial.now = trial.now.advanced(by: .seconds(1))
                for worker in workers.prefix(2) { _ = trial.tell(.heard(worker, running: [])) }
                #expect(race.isEmpty)
                race = trial.tell(.tick)
            }
            #expect(race == [.assign(Attempt(tasks[1].task, 2), to: workers[0])])
            let (winner, number) = isSlowFirst ? (workers[1], 1) : (workers[0], 2)
            let (loser, other) = isSlowFirst ? (workers[0], 2) : (workers[1], 1)
            let end = trial.tell(finished(tasks[1], number, winner, took: .seconds(1)))
            #expect(end.contains(.cancel(Attempt(tasks[1].task, other), at: loser)))
            #expect(end.contains { if case .deliver = $0 { true } else { false } })
            #expect(trial.scheduler.running.isEmpty)
        }
    }

    @Test("a worker that was passed over gets a task from further ahead as soon as it is ready")
    func passedOver() {
        var trial = Trial()
        _ = trial.tell(.joined(workers[1], slots: 1, memory: 1 << 30))
        let producer = Trial.task(1)
        _ = trial.submit(producer)
        let made = Trial.tensor(50)
        _ = trial.tell(.finished(Attempt(producer.task, 1), by: workers[1], outputs: [made], stored: []))
        // One runs at the large worker, and one is too large for the small one.
        let large = [100, 101].map { Trial.task(2, of: [Trial.tensor($0)]) }
        #expect(trial.submit(large[0]).assignments.map(\.worker) == [workers[1]])
        _ = trial.tell(.joined(workers[0], slots: 1, memory: 1_000))
        let small = Trial.task(3, of: [made])
        #expect(trial.tell(.submitted(small, given: [])).contains(.fetch(made, from: workers[1])))
        #expect(trial.submit(large[1]).assignments.isEmpty && trial.scheduler.passedOver[workers[0]] != nil)
        #expect(trial.tell(.stored(made.name)).assignments.map(\.worker) == [workers[0]])
    }

    @Test(
        "a task goes on at the worker that made a large input, ahead of older ones, and elsewhere if that is gone"
    )
    func affinity() {
        for isAlone in [false, true] {
            var trial = Trial()
            for worker in workers.prefix(2) { _ = trial.tell(.joined(worker, slots: 1)) }
            let all = tasks(5)
            for task in all.prefix(2) { _ = trial.submit(task) }
            // What they leave is here, too, as it is where results are written down.
            let made = [Trial.tensor(100), Trial.tensor(60)]
            let others = all[2...3].map { trial.submit($0) }
            #expect(others.joined().isEmpty)
            for (index, worker) in workers.prefix(2).enumerated() {
                let end = trial.tell(
                    .finished(
                        Attempt(all[index].task, 1),
                        by: worker,
                        outputs: [made[index]],
                        stored: [made[index].name]
                    )
                )
                #expect(end.assignments == [.init(attempt: Attempt(all[index + 2].task, 1), worker: worker)])
            }
            _ = trial.submit(all[4])
            let (next, last) = (Trial.task(6, of: [made[0]]), Trial.task(7, of: [made[1], made[0]]))
            let small = Trial.task(8, of: [made[1]])
            for task in [next, last, small] { #expect(trial.tell(.submitted(task, given: [])).assignments.isEmpty) }
            if isAlone { _ = trial.tell(.left(workers[0], because: .goodbye)) }
            // The second worker made only the small one, which is not worth it, so that it takes what has waited longest.
            var given: [Hash] = []
            for worker in isAlone
                ? [workers[1], workers[1], workers[1]] : [workers[0], workers[1], workers[0], workers[1]]
            {
                let task = trial.scheduler.workers[worker]?.running.first
                guard let (task, number) = task.map({ ($0.key, $0.value) }) else { continue }
                given += trial.tell(.finished(Attempt(task, number), by: worker, outputs: [], stored: []))
                    .assignments.map(\.attempt.task)
            }
            #expect(given == (isAlone ? [all[2], all[4], next] : [next, all[4], last, small]).map(\.task))
        }
    }

    @Test("nobody is idle beside a task that is for it, whoever comes, goes and fails")
    func workConserving() {
        var (looks, passes) = (0, 0)
        for seed in 0..<300 as Range<UInt64> {
            var random = Seeded(seed)
            var trial = Trial()
            var (workers, sessions): ([WorkerID], UInt64) = ([], 0)
            var running: [[Scheduler.Action].Assigned] = []
            for step in 0..<80 {
                var actions: [Scheduler.Action] = []
                switch random.integer(0...9) {
                case 0...3:
                    let size = random.oneIn(2) ? 0 : 100
                    let task = Trial.task(random.integer(1...4), of: [Trial.tensor(size + step)])
                    actions = trial.submit(task)
                case 4 where workers.count < 4:
                    sessions += 1
                    workers.append(Trial.worker(sessions))
                    let memory = random.pick([1_000, 1_000, 1_000_000, 0])
                    let slots = random.integer(1...3)
                    actions = trial.tell(.joined(Trial.worker(sessions), slots: slots, memory: memory))
                case 5 where workers.count > 1 && random.oneIn(2):
                    let worker = workers.remove(at: random.integer(0...(workers.count - 1)))
                    running.removeAll { $0.worker == worker }
                    actions = trial.tell(.left(worker, because: .goodbye))
                case 5 where workers.count > 1:
                    actions = trial.tell(.draining(random.pick(workers)))
                case 6 where !running.isEmpty:
                    let place = running.remove(at: random.integer(0...(running.count - 1)))
                    let cause = random.pick([AttemptFailure.Cause.tooLarge, .execution, .returned])
                    var failure = AttemptFailure(cause, at: place.worker, "no")
                    if failure.cause == .tooLarge { failure.neededBytes = random.pick([0, 5_000]) }
                    actions = trial.tell(.failed(place.attempt, failure))
                case 7:
                    trial.now = trial.now.advanced(by: .milliseconds(700))
                    for worker in workers where !random.oneIn(8) { _ = trial.tell(.heard(worker, running: [])) }
                    actions = trial.tell(.tick)
                case _ where !running.isEmpty:
                    let place = running.remove(at: random.integer(0...(running.count - 1)))
                    let output = Trial.tensor(20 + step % 3)
                    let took = random.oneIn(2) ? nil : Duration.milliseconds(1)
                    actions = trial.tell(
                        .finished(place.attempt, by: place.worker, outputs: [output], stored: [], took: took)
                    )
                default: break
                }
                running += actions.assignments
                for case .dismiss(let worker, _, _) in actions { workers.removeAll { $0 == worker } }
                passes += trial.scheduler.passedOver.count
                // A suspect has a worker reserved.
                guard trial.scheduler.suspects.isEmpty else { break }
                for worker in workers where trial.scheduler.room(at: worker) > 0 {
                    looks += 1
                    let forIt = trial.scheduler.ready.elements.filter { trial.scheduler.admits($0.task, worker) }
                    #expect(forIt.isEmpty, "seed \(seed), step \(step)")
                }
            }
        }
        #expect(looks > 10_000 && passes > 500, "\(looks) looks at workers, \(passes) that were passed over")
    }
}
