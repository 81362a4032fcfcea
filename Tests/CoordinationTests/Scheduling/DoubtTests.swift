import Tasks
import Tensors
import Testing
import Wire

@testable import Coordination

@Suite("How workers are checked by each other")
struct DoubtTests {
    private let workers = (1...5).map { Trial.worker($0) }
    private let task = Trial.task(1)

    private func trial(_ count: Int) -> Trial {
        var trial = Trial()
        for worker in workers.prefix(count) { _ = trial.tell(.joined(worker, slots: 1)) }
        return trial
    }

    private func finished(
        _ number: Int,
        _ worker: WorkerID,
        _ output: TensorBlob,
        isFinite: Bool = true
    ) -> Scheduler.Event {
        .finished(Attempt(task.task, number), by: worker, outputs: [output], stored: [], isFinite: isFinite)
    }

    private func delivers(_ actions: [Scheduler.Action], _ output: TensorBlob) -> Bool {
        actions.contains(.deliver(task.task, outputs: [output]))
    }

    private func bars(_ actions: [Scheduler.Action]) -> [WorkerID] {
        actions.compactMap { if case .bar(let worker, _) = $0 { worker } else { nil } }
    }

    private func wait(_ trial: inout Trial, _ time: Duration) -> [Scheduler.Action] {
        var actions: [Scheduler.Action] = []
        let end = trial.now.advanced(by: time)
        while trial.now < end {
            trial.now = trial.now.advanced(by: .milliseconds(500))
            for worker in trial.scheduler.workers.keys.sorted() { _ = trial.tell(.heard(worker, running: [])) }
            actions += trial.tell(.tick)
        }
        return actions
    }

    @Test("numbers that are not finite are confirmed by another worker, and equal bits are no lie")
    func divergence() {
        var trial = trial(2)
        let output = Trial.tensor(1)
        _ = trial.submit(task)
        let second = trial.tell(finished(1, workers[0], output, isFinite: false))
        #expect(second.assignments == [.init(attempt: Attempt(task.task, 2), worker: workers[1])])
        let end = trial.tell(finished(2, workers[1], output, isFinite: false))
        #expect(delivers(end, output) && bars(end).isEmpty)
        for (number, worker) in [(1, workers[0]), (2, workers[1])] {
            #expect(!second.contains(.accept(Attempt(task.task, number), from: worker)), "nothing counts yet")
            #expect(end.contains(.accept(Attempt(task.task, number), from: worker)))
        }
        _ = trial.tell(.released([output.name]))
        #expect(trial.scheduler.isEmpty)
    }

    @Test("one who is alone with numbers that are not finite gets no more work, after a run at a third worker")
    func falseDivergence() {
        var trial = trial(3)
        let (lie, truth) = (Trial.tensor(1), Trial.tensor(2))
        _ = trial.submit(task)
        _ = trial.tell(finished(1, workers[0], lie, isFinite: false))
        let third = trial.tell(finished(2, workers[1], truth))
        #expect(third.contains(.contradict(task, between: [workers[0], workers[1]])))
        #expect(third.assignments == [.init(attempt: Attempt(task.task, 3), worker: workers[2])])
        let end = trial.tell(finished(3, workers[2], truth))
        #expect(delivers(end, truth))
        #expect(bars(end) == [workers[0]])
        #expect(end.contains(.dismiss(workers[0], because: .barred, givenBack: [])))
        #expect(trial.submit(Trial.task(2)).assignments.map(\.worker) == [workers[1]])
    }

    @Test("where nobody can confirm them, numbers that are not finite count")
    func alone() {
        var trial = trial(1)
        let output = Trial.tensor(1)
        _ = trial.submit(task)
        #expect(delivers(trial.tell(finished(1, workers[0], output, isFinite: false)), output))
    }

    @Test("where the others stay away, they are computed again, and count then")
    func othersLeave() {
        var trial = trial(2)
        let output = Trial.tensor(1)
        _ = trial.submit(task)
        _ = trial.tell(finished(1, workers[0], output, isFinite: false), .left(workers[1], because: .disconnected))
        let again = wait(&trial, .seconds(6)).assignments
        #expect(again.map(\.worker) == [workers[0]])
        let number = again.first?.attempt.number ?? 0
        #expect(delivers(trial.tell(finished(number, workers[0], output, isFinite: false)), output))
        _ = trial.tell(.released([output.name]))
        #expect(trial.scheduler.isEmpty)
    }

    @Test("where two differ and nobody can tell who is right, the task fails with both their names")
    func standoff() {
        var trial = trial(2)
        _ = trial.submit(task)
        _ = trial.tell(
            finished(1, workers[0], Trial.tensor(1), isFinite: false),
            finished(2, workers[1], Trial.tensor(2))
        )
        let actions = wait(&trial, .seconds(6))
        let failures = actions.compactMap { if case .fail(_, let failures) = $0 { failures } else { nil } }
        #expect(failures.first?.map(\.worker) == [workers[0], workers[1]])
        #expect(trial.scheduler.isEmpty)
    }

    @Test("a third worker that comes in time settles it")
    func lateThird() {
        var trial = trial(2)
        let (lie, truth) = (Trial.tensor(1), Trial.tensor(2))
        _ = trial.submit(task)
        _ = trial.tell(finished(1, workers[0], lie, isFinite: false), finished(2, workers[1], truth))
        #expect(wait(&trial, .seconds(3)).assignments.isEmpty)
        #expect(trial.tell(.joined(workers[2], slots: 1)).assignments.map(\.worker) == [workers[2]])
        #expect(delivers(trial.tell(finished(3, workers[2], truth)), truth))
    }

    /// Two results, of which the first counts, and a third worker.
    private func dispute(_ first: TensorBlob, _ other: TensorBlob) -> (Trial, back: WorkerID, [Scheduler.Action]) {
        var trial = trial(1)
        _ = trial.submit(task)
        _ = trial.tell(.left(workers[0], because: .silent), .joined(workers[1], slots: 1))
        let back = Trial.worker(9)
        _ = trial.tell(.joined(back, slots: 1, after: workers[0]), .joined(workers[2], slots: 1))
        _ = trial.tell(finished(2, workers[1], first))
        let actions = trial.tell(finished(1, back, other))
        return (trial, back, actions)
    }

    @Test("a result that differs from the one that counts is settled by a third worker, also against the first")
    func disputes() {
        let (first, other) = (Trial.tensor(1), Trial.tensor(2))
        for isFirstWrong in [false, true] {
            var (trial, back, actions) = dispute(first, other)
            #expect(actions.contains(.contradict(task, between: [workers[1], back])))
            #expect(actions.assignments == [.init(attempt: Attempt(task.task, 3), worker: workers[2])])
            let end = trial.tell(finished(3, workers[2], isFirstWrong ? other : first))
            #expect(bars(end) == [isFirstWrong ? workers[1] : back])
            #expect(end.contains(.condemn(task)) == isFirstWrong)
            #expect(!delivers(end, other), "what was delivered was delivered")
        }
    }

    @Test("a heartbeat that comes after a result in doubt does not make its try go on")
    func lateHeartbeat() {
        var trial = trial(2)
        let other = Trial.task(2)
        #expect(trial.submit(task).assignments.map(\.worker) == [workers[0]])
        #expect(trial.submit(other).assignments.map(\.worker) == [workers[1]])
        let nan = Trial.tensor(1)
        #expect(trial.tell(finished(1, workers[0], nan, isFinite: false)).assignments.isEmpty, "the other is busy")
        _ = trial.tell(.heard(workers[0], running: [Attempt(task.task, 1)]))
        let next = trial.tell(
            .finished(Attempt(other.task, 1), by: workers[1], outputs: [Trial.tensor(2)], stored: [], isFinite: true)
        )
        #expect(next.assignments == [.init(attempt: Attempt(task.task, 2), worker: workers[1])])
        #expect(delivers(trial.tell(finished(2, workers[1], nan, isFinite: false)), nan))
    }

    @Test("one who left before it was found to be wrong is sent away when it comes back")
    func absentLiar() {
        var trial = trial(3)
        let (lie, truth) = (Trial.tensor(1), Trial.tensor(2))
        _ = trial.submit(task)
        _ = trial.tell(finished(1, workers[0], lie, isFinite: false))
        _ = trial.tell(.left(workers[0], because: .silent))
        _ = trial.tell(finished(2, workers[1], truth))
        let end = trial.tell(finished(3, workers[2], truth))
        #expect(delivers(end, truth))
        #expect(bars(end).isEmpty, "it is not here")
        let back = Trial.worker(9)
        let comeback = trial.tell(.joined(back, slots: 1, after: workers[0]))
        #expect(bars(comeback) == [back])
        #expect(comeback.contains(.dismiss(back, because: .barred, givenBack: [])))
        #expect(trial.submit(Trial.task(2)).assignments.map(\.worker) == [workers[1]])
    }

    @Test("what the right result shares with the wrong one that it replaces stays here to be written down")
    func sharedOutput() {
        let task = Trial.task(1, keeping: .recorded)
        // What is wrong is too large to ride along, so that the wrong result is not written down yet.
        let (shared, lie, truth) = (Trial.tensor(1), Trial.tensor(101), Trial.tensor(2))
        func finished(_ number: Int, _ worker: WorkerID, _ output: TensorBlob, stored: Set<Hash>) -> Scheduler.Event {
            .finished(Attempt(task.task, number), by: worker, outputs: [shared, output], stored: stored)
        }
        var trial = Trial(scheduler: Scheduler(isRecording: true))
        _ = trial.tell(.joined(workers[0], slots: 1))
        _ = trial.submit(task)
        _ = trial.tell(.left(workers[0], because: .silent), .joined(workers[1], slots: 1))
        let first = trial.tell(finished(2, workers[1], lie, stored: [shared.name]))
        #expect(first.contains(.fetch(lie, from: workers[1])))
        let back = Trial.worker(9)
        _ = trial.tell(.joined(back, slots: 1, after: workers[0]), .joined(workers[2], slots: 1))
        _ = trial.tell(finished(1, back, truth, stored: [shared.name, truth.name]))
        let end = trial.tell(finished(3, workers[2], truth, stored: [shared.name, truth.name]))
        #expect(bars(end) == [workers[1]])
        let isWritten = end.contains {
            if case .journal(let finding) = $0 { finding.outputs == [shared, truth] } else { false }
        }
        #expect(isWritten)
        #expect(!end.contains(.forget(shared.name)) && !end.contains(.forget(truth.name)))
        #expect(trial.scheduler.isStored(shared.name) && trial.scheduler.isStored(truth.name))
    }

    @Test("a wrong result that is not written down yet gives way to the right one", arguments: [false, true])
    func retraction(isWritten: Bool) {
        let task = Trial.task(1, keeping: .recorded)
        // Too large to ride along, so that they have to be fetched first.
        let (lie, truth) = (Trial.tensor(101), Trial.tensor(102))
        var trial = Trial(scheduler: Scheduler(isRecording: true))
        _ = trial.tell(.joined(workers[0], slots: 1))
        #expect(!trial.scheduler.isUnsettled(task.task), "what stands in the journal of it is from before")
        _ = trial.submit(task)
        _ = trial.tell(.left(workers[0], because: .silent), .joined(workers[1], slots: 1))
        #expect(trial.tell(finished(2, workers[1], lie)).contains(.fetch(lie, from: workers[1])))
        if isWritten {
            let writing = trial.tell(.stored(lie.name))
            #expect(writing.contains { if case .journal = $0 { true } else { false } })
        }
        let back = Trial.worker(9)
        _ = trial.tell(.joined(back, slots: 1, after: workers[0]), .joined(workers[2], slots: 1))
        #expect(trial.tell(finished(1, back, truth)).contains(.contradict(task, between: [workers[1], back])))
        let end = trial.tell(finished(3, workers[2], truth))
        #expect(bars(end) == [workers[1]])
        #expect(!end.contains(.condemn(task)), "nobody has got it")
        #expect(end.contains(.erase(task.task)) == isWritten)
        #expect(trial.scheduler.isUnsettled(task.task), "the wrong one may stand in the journal")
        #expect(end.contains { if case .fetch(truth, _) = $0 { true } else { false } })
        var writing = trial.tell(.stored(truth.name))
        if isWritten {
            #expect(writing.isEmpty && trial.tell(.journaled([task.task])).isEmpty, "the wrong one was written first")
            writing = trial.tell(.erased(task.task))
        }
        #expect(writing.contains { if case .journal(let finding) = $0 { finding.outputs == [truth] } else { false } })
        #expect(trial.scheduler.isUnsettled(task.task))
        #expect(delivers(trial.tell(.journaled([task.task])), truth))
        #expect(!trial.scheduler.isUnsettled(task.task))
        _ = trial.tell(.released([truth.name]))
        #expect(trial.scheduler.isEmpty && !trial.scheduler.isUnsettled(task.task))
    }

    @Test("what stands in the journal of a task that was given up while it was written may be wrong until it is erased")
    func givenUp() {
        let (task, output) = (Trial.task(1, keeping: .recorded), Trial.tensor(101))
        var trial = Trial(scheduler: Scheduler(isRecording: true))
        _ = trial.tell(.joined(workers[0], slots: 1))
        _ = trial.submit(task)
        _ = trial.tell(.finished(Attempt(task.task, 1), by: workers[0], outputs: [output], stored: [output.name]))
        #expect(trial.scheduler.isUnsettled(task.task))
        trial.scheduler.giveUp(task.task, [])
        #expect(trial.scheduler.isUnsettled(task.task) && trial.scheduler.specification(of: task.task) == nil)
        _ = trial.tell(.journaled([task.task]), .erased(task.task))
        #expect(!trial.scheduler.isUnsettled(task.task) && trial.scheduler.isEmpty)
    }

    @Test(
        "what a result that was taken back shares with another's is made by the other from then on",
        arguments: [Keeping.untilSnapshot, .recorded]
    )
    func sharedOutput(keeping: Keeping) {
        let task = Trial.task(1, keeping: .recorded)
        let (common, lie, truth) = (Trial.tensor(1), Trial.tensor(101), Trial.tensor(102))
        var trial = Trial(scheduler: Scheduler(isRecording: true))
        _ = trial.tell(.joined(workers[0], slots: 1))
        _ = trial.submit(task)
        _ = trial.tell(.left(workers[0], because: .silent), .joined(workers[1], slots: 1))
        let attempt = Attempt(task.task, 2)
        _ = trial.tell(.finished(attempt, by: workers[1], outputs: [common, lie], stored: [common.name]))
        // Another task makes the same tensor, on which a third one is to work.
        let other = Trial.task(2, keeping: keeping)
        _ = trial.submit(other)
        _ = trial.tell(.finished(Attempt(other.task, 1), by: workers[1], outputs: [common], stored: [common.name]))
        let back = Trial.worker(9)
        _ = trial.tell(.joined(back, slots: 1, after: workers[0]), .joined(workers[2], slots: 1))
        _ = trial.tell(.finished(Attempt(task.task, 1), by: back, outputs: [common, truth], stored: []))
        _ = trial.tell(.finished(Attempt(task.task, 3), by: workers[2], outputs: [common, truth], stored: []))
        #expect(trial.scheduler.blobs[common.name]?.producer == other.task)
    }

    @Test("a dispute that nobody can settle is reported, and dropped")
    func undecided() {
        var (trial, _, _) = dispute(Trial.tensor(1), Trial.tensor(2))
        _ = trial.tell(.left(workers[2], because: .goodbye))
        let actions = wait(&trial, .seconds(6))
        #expect(bars(actions).isEmpty && !actions.contains(.condemn(task)))
        _ = trial.tell(.released([Trial.tensor(1).name]))
        #expect(trial.scheduler.isEmpty)
    }
}
