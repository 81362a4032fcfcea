import Tasks
import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("Worker's life")
struct WorkerLifeTests {
    private let output = Trial.tensor(1)

    @Test("it greets on every connection, with its last session, and beats once it is admitted")
    func greeting() {
        var story = WorkerStory()
        for session in [0, 7] as [UInt64] {
            guard case .send(.hello(let hello))? = story.tell(.connected).first else {
                Issue.record("no greeting")
                return
            }
            #expect(hello.previousSession == session)
            #expect(story.hear(WorkerStory.welcome(7)) == [WorkerStory.beat(7)])
            #expect(story.tell(.disconnected) == [.stopFetching])
            #expect(story.tell(.tick([:])).isEmpty)
        }
    }

    @Test("a task that has all it needs runs; a result is offered, and offered again until it is accepted")
    func result() {
        var story = WorkerStory()
        story.join()
        #expect(story.assign(1) == [.run(WorkerStory.assignment(1))])
        let task = Trial.task(1).task
        #expect(story.tell(.ran(task, outputs: [output], wallNanoseconds: 1)) == [WorkerStory.offer(1, output)])
        _ = story.tell(.disconnected)
        #expect(story.join(8).contains(WorkerStory.offer(1, output)))
        // Even if its output is released before, since another task left the same.
        #expect(story.hear(.release(Release(names: [output.name]))).isEmpty)
        _ = story.tell(.disconnected)
        #expect(story.join(9).contains(WorkerStory.offer(1, output)))
        #expect(story.hear(.accepted(TaskAccepted(task: task, attempt: 1))).isEmpty)
        _ = story.tell(.disconnected)
        #expect(story.join(10) == [WorkerStory.beat(10), .forget([output.name])])
    }

    @Test("a worker that was away goes on with what runs, says so, and drops what did not run yet")
    func away() {
        var story = WorkerStory()
        story.join()
        _ = story.assign(1)
        _ = story.assign(2)
        #expect(story.life.items.count == 2)
        _ = story.tell(.disconnected)
        let progress = TaskProgress(task: Trial.task(1).task, attempt: 1, step: 0, total: 0)
        #expect(story.join(8) == [WorkerStory.beat(8, [progress])])
        #expect(story.life.items.count == 1)
        // It is assigned again, under another number, though it still runs.
        #expect(story.hear(.assignment(WorkerStory.assignment(1, attempt: 2))).isEmpty)
        #expect(story.tell(.tick([:])).last == WorkerStory.started(1, attempt: 2))
        let actions = story.tell(.ran(Trial.task(1).task, outputs: [output], wallNanoseconds: 1))
        #expect(actions == [WorkerStory.offer(1, output, attempt: 2)])
        #expect(
            story.hear(.assignment(WorkerStory.assignment(1, attempt: 3))) == [WorkerStory.offer(1, output, attempt: 3)]
        )
    }

    @Test("a coordinator that was started again or has forgotten the worker is greeted again")
    func strangers() {
        for message in [Message.heartbeat(Heartbeat(session: 9)), .refused(Refused(.unexpected, "who?"))] {
            var story = WorkerStory()
            story.join()
            _ = story.assign(1)
            _ = story.assign(2)
            let actions = story.hear(message)
            #expect(actions.first == .stopFetching)
            guard case .send(.hello(let hello))? = actions.last else { Issue.record("\(actions)"); continue }
            #expect(hello.previousSession == 7)
            #expect(story.hear(message).isEmpty, "one greeting is enough")
            _ = story.hear(WorkerStory.welcome(9))
            #expect(story.life.items.map(\.assignment.task) == [Trial.task(1).task])
        }
    }

    @Test("silence makes it connect anew, and so does a greeting without an answer")
    func silence() {
        var story = WorkerStory()
        #expect(story.life.silenceEnd == nil)
        story.join()
        let end = story.life.silenceEnd
        story.pass(.seconds(2))
        #expect(story.tell(.tick([:])) == [WorkerStory.beat(7)])
        story.pass(.milliseconds(1))
        #expect(end == story.now && story.life.silenceEnd == end, "its own words are no sign of the other side's life")
        #expect(story.tell(.tick([:])) == [.stopFetching, .reconnect])
        #expect(story.life.silenceEnd == nil)
        #expect(story.tell(.tick([:])).isEmpty)
        _ = story.tell(.connected)
        story.pass(.seconds(10))
        #expect(story.tell(.tick([:])).isEmpty)
        story.pass(.milliseconds(1))
        #expect(story.tell(.tick([:])) == [.stopFetching, .reconnect])
    }

    @Test("how long the coordinator may be silent changes as it says, if that is more than the interval")
    func changingSilence() {
        var story = WorkerStory()
        story.join()
        for (told, silence) in [(7_000, 7_000), (nil, 7_000), (2_500, 2_500), (500, 2_500), (501, 501)]
            as [(Int?, Int)]
        {
            story.pass(.milliseconds(500))
            #expect(story.hear(.heartbeat(Heartbeat(session: 7, timeout: told.map { .milliseconds($0) }))).isEmpty)
            #expect(story.life.silenceEnd == story.now.advanced(by: .milliseconds(silence + 1)))
        }
        story.pass(.milliseconds(501))
        #expect(story.tell(.tick([:])) == [WorkerStory.beat(7)])
        story.pass(.milliseconds(1))
        #expect(story.tell(.tick([:])) == [.stopFetching, .reconnect])
    }

    @Test("one that was told to stop and hears nothing ends, and leaves what it has sent on its way")
    func silenceWhileStopping() {
        var story = WorkerStory()
        story.join()
        _ = story.assign(1)
        #expect(story.tell(.stop) == [.send(.drain)])
        story.pass(.milliseconds(2_001))
        let actions = story.tell(.tick([:]))
        #expect(actions.last == .end(.stopped))
        #expect(!actions.contains(.reconnect))
    }

    @Test("where there is no room it tries again; what refuses it for good ends it")
    func refusals() {
        var story = WorkerStory()
        _ = story.tell(.connected)
        #expect(story.hear(.refused(Refused(.full, "full"))).isEmpty)
        story.pass(.seconds(6))
        #expect(story.tell(.tick([:])) == [.stopFetching, .reconnect])
        for code in [Refused.Code.unknownVersion, .numericsMismatch, .notAdmitted] {
            var story = WorkerStory()
            _ = story.tell(.connected)
            let refused = Refused(code, "no")
            #expect(story.hear(.refused(refused)) == [.end(.refused(refused))])
            #expect(story.tell(.connected).isEmpty, "it has ended")
        }
        for code in [Refused.Code.malformed, .tooLarge, .unknownMessage, .wrongFrames] {
            var story = WorkerStory()
            story.join()
            #expect(story.hear(.refused(Refused(code, "what?"))).isEmpty)
        }
    }

    @Test("a cancelled task is interrupted or not begun; another attempt of it is left alone")
    func cancelling() {
        var story = WorkerStory()
        story.join()
        _ = story.assign(1)
        _ = story.assign(2)
        func cancel(_ number: Int, attempt: Int = 1) -> [WorkerLife.Action] {
            story.hear(.cancel(CancelTask(task: Trial.task(number).task, attempt: attempt)))
        }
        #expect(cancel(1, attempt: 2).isEmpty)
        #expect(cancel(3).isEmpty)
        #expect(cancel(2) == [WorkerStory.failed(2, .cancelled, "it was cancelled")])
        #expect(cancel(1) == [.interrupt(Trial.task(1).task), WorkerStory.failed(1, .cancelled, "it was cancelled")])
        #expect(story.tell(.ran(Trial.task(1).task, outputs: [output], wallNanoseconds: 1)).isEmpty)
    }

    @Test("told to stop, it gives back what waits, finishes what runs, and stays until it may go")
    func draining() {
        var story = WorkerStory()
        story.join()
        _ = story.assign(1)
        _ = story.assign(2)
        #expect(story.tell(.stop) == [.send(.drain), WorkerStory.failed(2, .cancelled, "the worker stops")])
        #expect(story.assign(3).contains(WorkerStory.failed(3, .cancelled, "the worker stops")))
        _ = story.tell(.ran(Trial.task(1).task, outputs: [output], wallNanoseconds: 1))
        #expect(story.hear(.accepted(TaskAccepted(task: Trial.task(1).task, attempt: 1))).isEmpty)
        let end = story.hear(.goodbye(Goodbye(.stopping)))
        #expect(end.filter { $0 != .stopFetching } == [.send(.goodbye(Goodbye(.stopping))), .end(.stopped)])
    }

    @Test("when the grace is over, it interrupts what runs and ends; without a coordinator at once")
    func graceless() {
        var story = WorkerStory()
        story.join()
        _ = story.assign(1)
        _ = story.tell(.stop)
        story.pass(.seconds(9))
        _ = story.hear(.heartbeat(Heartbeat(session: 7)))
        #expect(story.tell(.tick([:])).count == 2, "a heartbeat, and that the task runs")
        story.pass(.seconds(1))
        #expect(
            Array(story.tell(.tick([:])).suffix(4)) == [
                .interrupt(Trial.task(1).task), WorkerStory.failed(1, .cancelled, "the worker stops"),
                .send(.goodbye(Goodbye(.stopping))), .end(.stopped),
            ]
        )
        var lonely = WorkerStory()
        #expect(lonely.tell(.stop) == [.end(.stopped)])
    }

    @Test("without a coordinator it waits for ever, or as long as it was told, and then ends")
    func alone() {
        var patient = WorkerStory()
        for _ in 0..<100 {
            patient.pass(.seconds(60))
            #expect(patient.tell(.tick([:])).isEmpty)
        }
        var story = WorkerStory(wait: .seconds(60))
        for session in [7, 8] as [UInt64] {
            #expect(story.tell(.tick([:])).isEmpty)
            story.pass(.seconds(59))
            #expect(story.tell(.tick([:])).isEmpty)
            // It finds one in time, which is then lost.
            story.join(session)
            #expect(story.tell(.tick([:])).count == 1)
            _ = story.tell(.disconnected)
        }
        #expect(story.tell(.tick([:])).isEmpty)
        story.pass(.seconds(60))
        #expect(story.tell(.tick([:])) == [.end(.alone)])
    }

    @Test("keys that do not fit end it; who closes again and again has another key than the one that is expected")
    func rejections() {
        for rejection in [Rejection.keyNotAdmitted, .mechanism, .wrongServerKey] {
            for hasKeys in [false, true] {
                var story = WorkerStory(hasKeys: hasKeys)
                #expect(story.tell(.rejected(rejection)) == [.end(.rejected(rejection))])
                #expect(story.tell(.connected).isEmpty)
            }
        }
        var story = WorkerStory(hasKeys: true)
        for _ in 0..<3 {
            // One that ends just then, is slow, or comes back, does not count.
            for _ in 0..<6 { #expect(story.tell(.rejected(.closed)).isEmpty) }
            _ = story.tell(.rejected(.brokenOff))
            for _ in 0..<6 { #expect(story.tell(.rejected(.closed)).isEmpty) }
            story.join()
            _ = story.tell(.disconnected)
        }
        for _ in 0..<6 { #expect(story.tell(.rejected(.closed)).isEmpty) }
        #expect(story.tell(.rejected(.closed)) == [.end(.rejected(.closed))])

        // Where there is no room it comes again and again.
        var patient = WorkerStory(hasKeys: true)
        for _ in 0..<50 { #expect(patient.tell(.rejected(.reset)).isEmpty) }
        for _ in 0..<6 { #expect(patient.tell(.rejected(.closed)).isEmpty) }
        #expect(patient.tell(.rejected(.reset)).isEmpty)
        for _ in 0..<6 { #expect(patient.tell(.rejected(.closed)).isEmpty) }

        var keyless = WorkerStory()
        for _ in 0..<50 { #expect(keyless.tell(.rejected(.closed)).isEmpty) }
    }

    @Test("what speaks another protocol is called again after a while")
    func otherProtocol() {
        var story = WorkerStory()
        #expect(story.tell(.rejected(.notZeroMQ)).isEmpty)
        #expect(story.tell(.tick([:])).isEmpty)
        story.pass(.seconds(6))
        #expect(story.tell(.tick([:])).contains(.reconnect))
    }

    @Test("a goodbye ends it when the work is done, and makes it wait when the coordinator stops")
    func farewells() {
        var story = WorkerStory()
        story.join()
        _ = story.assign(1)
        #expect(
            story.hear(.goodbye(Goodbye(.stopping))).prefix(3)
                == [.interrupt(Trial.task(1).task), .send(.goodbye(Goodbye(.stopping))), .stopFetching]
        )
        #expect(story.life.phase == .away)
        #expect(story.join(8) == [WorkerStory.beat(8), .forget([Truth.program(0).name])])
        #expect(story.hear(.goodbye(Goodbye(.done))) == [.send(.goodbye(Goodbye(.done))), .end(.done)])
    }

    @Test("whatever a coordinator says, in any order, is taken without harm")
    func hostileCoordinator() {
        let tasks = (0..<6).map { WorkerStory.assignment($0 % 3, attempt: $0 % 2 + 1, inputs: [Trial.tensor($0)]) }
        for seed in 0..<2_000 as Range<UInt64> {
            var random = Seeded(seed)
            var story = WorkerStory(slots: Int.random(in: 1...2, using: &random), memoryLimit: 1_000)
            var running: Set<Hash> = []
            for _ in 0..<60 {
                let task = tasks.randomElement(using: &random) ?? tasks[0]
                let blob = Trial.tensor(Int.random(in: 0..<6, using: &random)).name
                let events: [WorkerLife.Event] = [
                    .connected, .disconnected,
                    .received(WorkerStory.welcome(UInt64.random(in: 1...3, using: &random)), blobs: []),
                    .received(.assignment(task), blobs: random.oneIn(2) ? [task.program.name, blob] : []),
                    .received(.accepted(TaskAccepted(task: task.task, attempt: task.attempt)), blobs: []),
                    .received(.cancel(CancelTask(task: task.task, attempt: task.attempt)), blobs: []),
                    .received(.release(Release(names: [blob])), blobs: []), .received(.drain, blobs: []),
                    .received(.started(TaskStarted(task: task.task, attempt: 1)), blobs: [blob]),
                    .received(.heartbeat(Heartbeat(session: UInt64.random(in: 1...3, using: &random))), blobs: []),
                    .received(.refused(Refused(.unexpected, "")), blobs: []), .fetched(blob), .unfetchable(blob, ""),
                    .ran(task.task, outputs: [Trial.tensor(9)], wallNanoseconds: 0), .failed(task.task, .execution, ""),
                    .tick([task.task: WorkerLife.Progress(step: 9, total: 3)]),
                ]
                let event = events.randomElement(using: &random) ?? .connected
                if case .ran(let task, _, _, _) = event { running.remove(task) }
                if case .failed(let task, _, _, _) = event { running.remove(task) }
                story.pass(.milliseconds(Int.random(in: 0...900, using: &random)))
                for action in story.tell(event) {
                    switch action {
                    case .run(let assignment): #expect(running.insert(assignment.task).inserted, "seed \(seed)")
                    case .interrupt(let task): #expect(running.remove(task) != nil, "seed \(seed)")
                    case .send(let message): #expect(throws: Never.self, "seed \(seed)") { try message.encoded() }
                    default: break
                    }
                }
                #expect(running.count <= 2, "seed \(seed)")
            }
        }
    }
}
