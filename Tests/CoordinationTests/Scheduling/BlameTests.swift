import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("Whose fault it was")
struct BlameTests {
    private let workers = (1...6).map { Trial.worker($0) }

    /// Loses a worker after the other that runs a deadly task, while others work or idle.
    ///
    /// - Returns: how many workers were lost until it was given up, and until then.
    private func losses(others: Int, after time: Duration) -> Int {
        var trial = Trial()
        for number in 0..<others as Range<Int> {
            _ = trial.tell(.joined(Trial.worker(UInt64(1_000 + number)), slots: 1))
        }
        let deadly = Trial.task(1)
        var actions = trial.submit(deadly) + trial.tell(.joined(workers[0], slots: 1))
        var lost = 0
        for number in 1...1_000 as ClosedRange<UInt64> {
            if actions.contains(where: { if case .fail = $0 { true } else { false } }) { return lost }
            if let place = actions.assignments.first?.worker {
                trial.now = trial.now.advanced(by: time)
                for worker in trial.scheduler.workers.keys { _ = trial.tell(.heard(worker, running: [])) }
                actions = trial.tell(.left(place, because: .disconnected))
                lost += 1
                actions += trial.tell(.joined(Trial.worker(10 + number), slots: 1))
            } else {
                trial.now = trial.now.advanced(by: .milliseconds(500))
                for worker in trial.scheduler.workers.keys { _ = trial.tell(.heard(worker, running: [])) }
                actions = trial.tell(.tick)
            }
        }
        return .max
    }

    @Test("a task that kills at once is given up after three workers, and one that may have been unlucky after more")
    func poison() {
        #expect(losses(others: 0, after: .milliseconds(5)) <= 5)
        #expect(losses(others: 3, after: .milliseconds(5)) == 3)
        #expect(losses(others: 50, after: .milliseconds(5)) == 3)
        #expect(losses(others: 50, after: .seconds(10)) <= 6)
        #expect((10...20).contains(losses(others: 1, after: .seconds(10))), "that may be chance: half of all losses")
        #expect((10...20).contains(losses(others: 0, after: .seconds(10))), "and nothing else was there to be lost")
    }

    @Test("a worker that comes back was not killed, also if it is the last without which a task would be given up")
    func cutOff() {
        for returns in [true, false] {
            var trial = Trial()
            func isFailure(_ action: Scheduler.Action) -> Bool { if case .fail = action { true } else { false } }
            /// What happens while those who are left are heard.
            func pass(_ time: Duration) -> [Scheduler.Action] {
                let end = trial.now.advanced(by: time)
                var actions: [Scheduler.Action] = []
                while trial.now < end {
                    trial.now = trial.now.advanced(by: .milliseconds(500))
                    for worker in trial.scheduler.workers.keys.sorted() {
                        actions += trial.tell(.heard(worker, running: []))
                    }
                    actions += trial.tell(.tick)
                }
                return actions
            }
            for worker in workers { _ = trial.tell(.joined(worker, slots: 1)) }
            var actions = trial.submit(Trial.task(1))
            var lost: [WorkerID] = []
            for _ in 0..<3 {
                while actions.assignments.isEmpty { actions += pass(.milliseconds(500)) }
                trial.now = trial.now.advanced(by: .milliseconds(2))
                lost += actions.assignments.map(\.worker)
                actions = trial.tell(.left(actions.assignments[0].worker, because: .disconnected))
            }
            #expect(Set(lost).count == 3)
            let meanwhile = actions + pass(.seconds(4))
            #expect(meanwhile.assignments.isEmpty && !meanwhile.contains(where: isFailure))
            if returns { _ = trial.tell(.joined(Trial.worker(30), slots: 1, after: lost[2])) }
            let end = pass(.seconds(2))
            #expect(end.contains(where: isFailure) == !returns)
            #expect(end.assignments.count == (returns ? 1 : 0))
        }
    }

    @Test("a task that has a result did not kill those who ran it: it is made again when that is lost")
    func cleared() {
        var trial = Trial()
        let task = Trial.task(1)
        let output = Trial.tensor(101)
        /// Time in which those who are left are heard.
        func pass(_ time: Duration) {
            let end = trial.now.advanced(by: time)
            while trial.now < end {
                trial.now = trial.now.advanced(by: .milliseconds(500))
                for worker in trial.scheduler.workers.keys {
                    let running = trial.scheduler.running.filter { $0.worker == worker }.map(\.attempt)
                    _ = trial.tell(.heard(worker, running: running))
                }
                _ = trial.tell(.tick)
            }
        }
        // Many others live on, so that it would be strange if chance took just those who run the task.
        for number in 0..<50 {
            _ = trial.submit(Trial.task(100 + number))
            _ = trial.tell(.joined(Trial.worker(UInt64(100 + number)), slots: 1))
        }
        _ = trial.submit(task)
        for (number, time) in [Duration.seconds(10), .zero, .zero, .zero].enumerated() {
            // It waits for so long in all that four losses are too many, and without the first still three.
            if number == 3 { pass(.seconds(200)) }
            pass(.seconds(2))
            let given = trial.tell(.joined(workers[number], slots: 1)).assignments.map(\.attempt)
            #expect(given == [Attempt(task.task, number + 1)])
            pass(time)
            #expect(trial.scheduler.tasks[task.task]?.isAccused == false)
            _ = trial.tell(.left(workers[number], because: .disconnected))
        }
        let first = Trial.worker(30)
        _ = trial.tell(.joined(first, slots: 0, after: workers[0]))
        #expect(trial.scheduler.tasks[task.task]?.isAccused == true)
        #expect(
            trial.tell(.finished(Attempt(task.task, 1), by: first, outputs: [output], stored: []))
                .contains(.deliver(task.task, outputs: [output]))
        )
        #expect(trial.tell(.wanted(output.name)) == [.fetch(output, from: first)])
        _ = trial.tell(.left(first, because: .disconnected))
        let again = trial.tell(.joined(workers[4], slots: 1)).assignments
        #expect(again == [.init(attempt: Attempt(task.task, 5), worker: workers[4])])
        // That one more is lost by chance does not end it.
        _ = trial.tell(.left(workers[4], because: .disconnected))
        #expect(trial.scheduler.tasks[task.task]?.isAccused == false)
        pass(.seconds(8))
        #expect(trial.tell(.joined(workers[5], slots: 1)).assignments.map(\.attempt) == [Attempt(task.task, 6)])
    }

    @Test("workers that are killed at random are not held against what they run")
    func chance() {
        var alarms = 0
        for seed in 0..<300 as Range<UInt64> {
            var random = Seeded(seed)
            var trial = Trial()
            let count = random.integer(2...4)
            for number in 0..<count { _ = trial.tell(.joined(Trial.worker(UInt64(number + 1)), slots: 1)) }
            for number in 0..<count { _ = trial.submit(Trial.task(number)) }
            for number in 0..<40 as Range<UInt64> {
                trial.now = trial.now.advanced(by: .milliseconds(random.integer(1...2_000)))
                for worker in trial.scheduler.workers.keys { _ = trial.tell(.heard(worker, running: [])) }
                guard let victim = trial.scheduler.workers.keys.sorted().randomElement(using: &random) else { continue }
                let actions = trial.tell(
                    .left(victim, because: .disconnected),
                    .joined(Trial.worker(100 + number), slots: 1),
                    .tick
                )
                for case .fail(_, let failures) in actions where failures.count < 20 { alarms += 1 }
            }
        }
        #expect(alarms == 0)
    }

    @Test("what was only given ahead when its worker was lost is not held to have killed it")
    func ahead() {
        var trial = Trial()
        _ = trial.tell(.joined(workers[0], slots: 1))
        let tasks = (0..<4).map { Trial.task(1, of: [Trial.tensor($0)]) }
        _ = trial.submit(tasks[0])
        _ = trial.tell(
            .finished(Attempt(tasks[0].task, 1), by: workers[0], outputs: [Trial.tensor(50)], stored: [], took: .zero)
        )
        for task in tasks.dropFirst() { #expect(trial.submit(task).assignments.count == 1) }
        _ = trial.tell(.left(workers[0], because: .disconnected))
        let failures = tasks.map { trial.scheduler.tasks[$0.task]?.failures.count ?? 0 }
        #expect(failures == [0, 1, 0, 0])
    }

    @Test("a task that may kill workers gets one for itself, however much else there is to do")
    func quarantine() {
        var trial = Trial()
        let deadly = Trial.task(1)
        _ = trial.submit(deadly)
        for worker in workers[1...2] {
            #expect(trial.tell(.joined(worker, slots: 1)).assignments.map(\.attempt.task) == [deadly.task])
            _ = trial.tell(.left(worker, because: .disconnected))
        }
        let others = (2..<10).map { Trial.task($0) }
        func end(_ task: TaskSpecification) -> [Scheduler.Action] {
            trial.tell(
                .finished(
                    Attempt(task.task, 1),
                    by: workers[0],
                    outputs: [Trial.tensor(50)],
                    stored: [],
                    took: .seconds(1)
                )
            )
        }
        // The pause before the third try.
        for other in others { _ = trial.submit(other) }
        #expect(trial.tell(.joined(workers[0], slots: 2)).assignments.map(\.attempt.task) == others[..<2].map(\.task))
        for _ in 0..<4 {
            trial.now = trial.now.advanced(by: .milliseconds(500))
            _ = trial.tell(.heard(workers[0], running: []), .tick)
        }
        #expect(end(others[0]).assignments.isEmpty, "it runs nothing new until the suspect can be run")
        #expect(end(others[1]).assignments.map(\.attempt) == [Attempt(deadly.task, 3)], "and nothing beside it")
        let rest = trial.tell(
            .finished(Attempt(deadly.task, 3), by: workers[0], outputs: [Trial.tensor(51)], stored: [], took: .zero)
        )
        #expect(rest.assignments.count >= 2, "then it goes on")
    }

    @Test("a worker at which everything fails rests, and the others do the work")
    func blackHole() {
        var trial = Trial()
        for worker in workers.prefix(2) { _ = trial.tell(.joined(worker, slots: 1)) }
        _ = trial.submit(Trial.task(20))
        let busy = trial.scheduler.running[0].worker
        let hole = busy == workers[0] ? workers[1] : workers[0]
        var burned = 0
        var next = (0..<8).flatMap { trial.submit(Trial.task($0)) }.assignments
        while let assigned = next.first, assigned.worker == hole {
            burned += 1
            next = trial.tell(.failed(assigned.attempt, AttemptFailure(.execution, at: hole, "no"))).assignments
        }
        #expect(burned == 3)
        trial.now = Instant(nanoseconds: 900_000_000)
        #expect(trial.tell(.tick).assignments.isEmpty)
        trial.now = Instant(nanoseconds: 1_000_000_000)
        #expect(trial.tell(.tick).assignments.map(\.worker) == [hole], "it gets another chance")
    }

    @Test("where there is only one worker, it goes on although it fails")
    func alone() {
        var trial = Trial()
        _ = trial.tell(.joined(workers[0], slots: 1))
        for number in 0..<5 {
            let given = trial.submit(Trial.task(number)).assignments
            #expect(given.count == 1)
            for assigned in given {
                _ = trial.tell(.failed(assigned.attempt, AttemptFailure(.execution, at: workers[0], "no")))
            }
            _ = trial.tell(.abandoned(Trial.task(number).task))
        }
    }

    @Test("a worker whose results are not what programs say gets no more work after the third")
    func wrongResults() {
        var trial = Trial()
        for worker in workers.prefix(2) { _ = trial.tell(.joined(worker, slots: 1)) }
        var actions: [Scheduler.Action] = []
        for number in 0..<3 {
            _ = trial.submit(Trial.task(number))
            while let wrong = trial.scheduler.running.first(where: { $0.worker == workers[0] }) {
                actions = trial.tell(.failed(wrong.attempt, AttemptFailure(.wrongResult, at: workers[0], "no types")))
                trial.now = trial.now.advanced(by: .seconds(60))
                _ = trial.tell(.heard(workers[0], running: []), .heard(workers[1], running: []), .tick)
                break
            }
            for (worker, attempt) in trial.scheduler.running where worker == workers[1] {
                _ = trial.tell(.finished(attempt, by: worker, outputs: [Trial.tensor(1)], stored: []))
            }
        }
        #expect(actions.contains(.bar(workers[0], because: .wrongResults)))
        #expect(trial.scheduler.workers[workers[0]] == nil)
    }

    @Test("a task that fails is tried once more at another worker at once, and then with ever longer pauses")
    func backOff() {
        var trial = Trial()
        trial.now = Instant(nanoseconds: 0)
        _ = trial.tell(.joined(workers[0], slots: 1))
        var pauses: [Int] = []
        var assigned = trial.submit(Trial.task(1)).assignments
        while let attempt = assigned.first?.attempt, pauses.count < 20 {
            let since = trial.now
            assigned = trial.tell(.failed(attempt, AttemptFailure(.returned, at: workers[0], "no"))).assignments
            while assigned.isEmpty {
                trial.now = trial.now.advanced(by: .milliseconds(500))
                _ = trial.tell(.heard(workers[0], running: []))
                assigned = trial.tell(.tick).assignments
            }
            pauses.append(Int(since.duration(to: trial.now) / .milliseconds(500)))
        }
        #expect(pauses == Array(repeating: 0, count: 15) + Array(repeating: 1, count: 5))
    }

    @Test("a task goes where it fits: by its tensors, and by what a worker found that its program needs")
    func memory() {
        var trial = Trial()
        _ = trial.tell(.joined(workers[0], slots: 1, memory: 1_000_000))
        let large = Trial.task(1, of: (0..<3).map { Trial.tensor(100 + $0) })
        #expect(
            trial.submit(large).assignments.map(\.worker) == [workers[0]],
            "there is no other, and it says so itself"
        )
        _ = trial.tell(.abandoned(large.task), .joined(workers[1], slots: 1, memory: 1 << 30))
        #expect(trial.submit(large).assignments.map(\.worker) == [workers[1]])
        // A small task whose program needs more than can be seen.
        let small = (0..<3).map { Trial.task(2, of: [Trial.tensor($0)]) }
        var failure = AttemptFailure(.tooLarge, at: workers[0], "it needs 2 GiB")
        failure.neededBytes = 1 << 21
        #expect(trial.submit(small[0]).assignments.map(\.worker) == [workers[0]])
        #expect(trial.tell(.failed(Attempt(small[0].task, 1), failure)).assignments.isEmpty)
        #expect(
            trial.submit(small[1]).assignments.isEmpty,
            "another task of the program waits for the larger worker, too"
        )
        let end = trial.tell(.finished(Attempt(large.task, 2), by: workers[1], outputs: [Trial.tensor(9)], stored: []))
        #expect(end.assignments.map(\.worker) == [workers[1]])
    }

    @Test("a task for which only one worker had room waits for its return, and says so, but not for ever")
    func missing() {
        for (isTried, returns) in [(true, true), (true, false), (false, true), (false, false)] {
            var trial = Trial()
            _ = trial.tell(.joined(workers[0], slots: 2, memory: 9_000), .joined(workers[1], slots: 1, memory: 1 << 30))
            let busy = Trial.task(1, of: [Trial.tensor(100)])
            let tasks = (0..<2).map { Trial.task(2, of: [Trial.tensor($0)]) }
            #expect(trial.submit(busy).assignments.map(\.worker) == [workers[1]])
            #expect(trial.submit(tasks[0]).assignments.map(\.worker) == [workers[0]])
            var failure = AttemptFailure(.tooLarge, at: workers[0], "it needs 1 MiB")
            failure.neededBytes = 1 << 20
            _ = trial.tell(.failed(Attempt(tasks[0].task, 1), failure))
            let waits = isTried ? tasks[0] : tasks[1]
            if !isTried { _ = trial.tell(.abandoned(tasks[0].task)) + trial.submit(tasks[1]) }
            let loss = trial.tell(.left(workers[1], because: .goodbye))
            #expect(loss.contains(.strand(busy, need: busy.byteCount)) && loss.assignments.isEmpty, "\(isTried)")
            _ = trial.tell(.abandoned(busy.task))
            #expect(trial.pass(.seconds(500), hearing: workers[0]).assignments.isEmpty)
            // Nobody can come back while nobody looks.
            trial.now = trial.now.advanced(by: .seconds(10_000))
            #expect(trial.pass(.seconds(1), hearing: workers[0]).assignments.isEmpty)
            let alone = trial.tell(.left(workers[0], because: .goodbye))
            #expect(!alone.contains { if case .strand = $0 { true } else { false } }, "nobody is left to be too small")
            _ = trial.tell(.joined(workers[0], slots: 2, memory: 9_000, after: workers[0]))
            if returns {
                let back = trial.tell(.joined(workers[2], slots: 1, memory: 1 << 30))
                #expect(back.assignments.map(\.attempt.task) == [waits.task], "\(isTried)")
                continue
            }
            let end = trial.pass(.seconds(101), hearing: workers[0])
            if isTried {
                #expect(end.contains { if case .fail(waits, _) = $0 { true } else { false } }, "all have no room")
            } else {
                #expect(end.assignments.map(\.attempt.task) == [waits.task], "nobody has said so of this one")
            }
        }
    }

    @Test("a large worker that came back and left again is waited for as long as the first time")
    func missingAgain() {
        var trial = Trial()
        let large = Trial.task(1, of: [Trial.tensor(100)])
        _ = trial.tell(.joined(workers[0], slots: 1, memory: 9_000))
        for worker in workers[1...2] {
            _ = trial.tell(.joined(worker, slots: 1, memory: 1 << 30))
            if worker == workers[1] { _ = trial.submit(large) }
            let loss = trial.tell(.left(worker, because: .goodbye))
            #expect(loss.contains(.strand(large, need: large.byteCount)))
            #expect(trial.pass(.seconds(500), hearing: workers[0]).assignments.isEmpty)
        }
        #expect(trial.pass(.seconds(101), hearing: workers[0]).assignments.map(\.attempt.task) == [large.task])
    }

    @Test("nobody waits for a large worker because one says that a program needs what others have run it without")
    func exaggeration() {
        var trial = Trial()
        let tasks = (0..<3).map { Trial.task(2, of: [Trial.tensor($0)]) }
        _ = trial.tell(.joined(workers[0], slots: 1, memory: 9_000))
        _ = trial.submit(tasks[0])
        _ = trial.tell(
            .finished(Attempt(tasks[0].task, 1), by: workers[0], outputs: [Trial.tensor(9)], stored: [], took: nil)
        )
        _ = trial.tell(.joined(workers[1], slots: 1, memory: .max), .left(workers[1], because: .goodbye))
        _ = trial.tell(.draining(workers[0]), .joined(workers[2], slots: 1, memory: 9_000))
        #expect(trial.submit(tasks[1]).assignments.map(\.worker) == [workers[2]])
        var failure = AttemptFailure(.tooLarge, at: workers[2], "it needs 1 TiB")
        failure.neededBytes = 1 << 40
        _ = trial.tell(.failed(Attempt(tasks[1].task, 1), failure), .left(workers[2], because: .goodbye))
        let others =
            trial.tell(.joined(workers[3], slots: 2, memory: 9_000)).assignments + trial.submit(tasks[2]).assignments
        #expect(others.map(\.worker) == [workers[3], workers[3]])
    }

    @Test("a task that all who are left have refused for want of memory is not waited for in vain for ever")
    func refused() {
        for isFirst in [true, false] {
            var trial = Trial()
            let task = Trial.task(1, of: [Trial.tensor(0)])
            _ = trial.tell(.joined(workers[0], slots: 1, memory: 9_000), .joined(workers[1], slots: 1, memory: 9_000))
            let given = trial.submit(task).assignments.map(\.worker)
            #expect(given == [workers[0]])
            var failure = AttemptFailure(.tooLarge, at: workers[0], "it needs 1 MiB")
            failure.neededBytes = 1 << 20
            let next = trial.tell(.failed(Attempt(task.task, 1), failure)).assignments.map(\.worker)
            #expect(next == [workers[1]], "it may say so itself")
            _ = trial.tell(.left(workers[1], because: .goodbye))
            if isFirst {
                let back = trial.tell(.joined(workers[2], slots: 1, memory: 9_000))
                #expect(back.assignments.map(\.worker) == [workers[2]])
                continue
            }
            let story = trial.pass(.seconds(590), hearing: workers[0])
            #expect(!story.contains { if case .fail = $0 { true } else { false } })
            let end = trial.pass(.seconds(20), hearing: workers[0])
            #expect(end.contains { if case .fail(task, _) = $0 { true } else { false } })
        }
    }
}

extension Trial {
    /// Lets time pass, in which one worker is heard.
    fileprivate mutating func pass(_ time: Duration, hearing worker: WorkerID) -> [Scheduler.Action] {
        let end = now.advanced(by: time)
        var actions: [Scheduler.Action] = []
        while now < end {
            now = now.advanced(by: .seconds(1))
            actions += tell(.heard(worker, running: []), .tick)
        }
        return actions
    }
}
