import Tasks
import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("The blobs of a worker")
struct WorkerBlobTests {
    private let output = Trial.tensor(1)

    @Test("what there is no room for is forgotten and told, but not what runs, nor a result that is not accepted")
    func surplus() {
        var story = WorkerStory(cacheBytes: 0)
        story.join()
        #expect(story.assign(1) == [.run(WorkerStory.assignment(1))])
        let task = Trial.task(1).task
        let actions = story.tell(.ran(task, outputs: [output], wallNanoseconds: 1))
        #expect(actions == [WorkerStory.offer(1, output), .forget([Truth.program(0).name])])
        #expect(
            story.hear(.accepted(TaskAccepted(task: task, attempt: 1))) == [
                .forget([output.name]), .send(.blobMissing(BlobMissing(name: output.name))),
            ]
        )
        #expect(story.hear(.release(Release(names: [output.name]))).isEmpty)
        // It fetches its program again when there is more to do.
        let next = WorkerStory.assignment(2)
        let program = Truth.program(0)
        let fetch = WorkerLife.Action.fetch(program.name, byteCount: program.byteCount)
        #expect(story.hear(.assignment(next)) == [WorkerStory.opening, fetch])
        #expect(story.tell(.fetched(program.name)) == [.run(next)])
    }

    @Test("an accepted output is kept until it is released")
    func release() {
        var story = WorkerStory()
        story.join()
        _ = story.assign(1)
        _ = story.tell(.ran(Trial.task(1).task, outputs: [output], wallNanoseconds: 1))
        #expect(story.hear(.accepted(TaskAccepted(task: Trial.task(1).task, attempt: 1))).isEmpty)
        #expect(story.hear(.release(Release(names: [output.name]))) == [.forget([output.name])])
        #expect(story.hear(.release(Release(names: [output.name]))).isEmpty)
    }

    @Test("a data connection is made once a session, when it is of use or the coordinator wants it")
    func dataConnection() {
        var story = WorkerStory()
        for session in 7...8 as ClosedRange<UInt64> {
            #expect(!story.join(session).contains(WorkerStory.opening(session)), "nobody needs it")
            #expect(story.hear(.dataSummons) == [WorkerStory.opening(session)])
            #expect(story.hear(.dataSummons).isEmpty, "there is one")
            #expect(story.tell(.disconnected).contains(.stopFetching))
            #expect(story.hear(.dataSummons).isEmpty, "it belongs to no session")
        }
    }

    @Test("over a slow way few outputs ride along until earlier ones are accepted; again after a break")
    func slowWay() {
        var story = WorkerStory(slots: 8)
        _ = story.tell(.connected)
        _ = story.hear(WorkerStory.welcome(7, attachedBytes: 200))
        let output = Trial.tensor(1)
        let large = TensorBlob(name: Trial.tensor(2).name, type: TensorType(.u8, [101]))
        func attached(_ actions: [WorkerLife.Action]) -> [[Bool]] {
            actions.compactMap { if case .offer(let offer) = $0 { offer.outputs.map(\.isAttached) } else { nil } }
        }
        for number in 1...8 { _ = story.assign(number) }
        let most = 200 / output.byteCount
        for number in 1...8 {
            let outputs = number == 1 ? [output, large] : [output]
            let actions = story.tell(.ran(Trial.task(number).task, outputs: outputs, wallNanoseconds: 1))
            #expect(attached(actions) == [number == 1 ? [true, false] : [number <= most]], "\(number)")
        }
        _ = story.hear(.accepted(TaskAccepted(task: Trial.task(2).task, attempt: 1)))
        _ = story.assign(9)
        let next = story.tell(.ran(Trial.task(9).task, outputs: [output], wallNanoseconds: 1))
        #expect(attached(next) == [[true]], "there is room again")
        _ = story.tell(.disconnected)
        _ = story.tell(.connected)
        let again = attached(story.hear(WorkerStory.welcome(8, attachedBytes: 0)))
        #expect(again.count == 8 && again.allSatisfy { !$0.contains(true) })
    }

    @Test("missing blobs are fetched once, and tasks run as soon as they are there and a slot is free")
    func fetching() {
        var story = WorkerStory()
        story.join()
        let input = Trial.tensor(2)
        let (first, second) = (
            WorkerStory.assignment(1, inputs: [input, input]), WorkerStory.assignment(2, inputs: [input])
        )
        let program = first.program
        #expect(
            story.hear(.assignment(first))
                == [
                    WorkerStory.opening, .fetch(program.name, byteCount: 100),
                    .fetch(input.name, byteCount: input.byteCount),
                ]
        )
        #expect(story.hear(.assignment(second)).isEmpty)
        #expect(story.tell(.fetched(program.name)).isEmpty)
        #expect(story.tell(.fetched(input.name)) == [.run(first)])
        let told = story.tell(.tick([:]))
        #expect(told.last == WorkerStory.started(1, of: [input, input]), "with the next heartbeat")
        #expect(story.tell(.tick([:])).count == told.count - 1, "and only once")
        let actions = story.tell(.ran(first.task, outputs: [output], wallNanoseconds: 1))
        #expect(actions.count == 2 && actions[1] == .run(second))
    }

    @Test("what cannot be fetched gives back the tasks that need it, and nothing of them is kept")
    func unfetchable() {
        var story = WorkerStory()
        story.join()
        let (here, missing) = (Trial.tensor(2), Trial.tensor(3))
        let assignment = WorkerStory.assignment(1, inputs: [here, missing])
        _ = story.hear(.assignment(assignment), blobs: [assignment.program.name, here.name])
        let failed = TaskFailed(task: assignment.task, attempt: 1, code: .missingBlob, sentence: "gone")
        #expect(story.tell(.unfetchable(missing.name, "gone")) == [.send(.failed(failed)), .forget([here.name])])
        #expect(story.tell(.fetched(missing.name)) == [.forget([missing.name])])
        #expect(story.life.blobs == [assignment.program.name])
    }

    @Test("a task whose inputs do not fit the memory is given back with the figures")
    func memory() {
        var story = WorkerStory(memoryLimit: 150)
        story.join()
        let inputs = (1...2).map(Trial.tensor)
        let byteCount = 100 + inputs.map(\.byteCount).reduce(0, +)
        let assignment = WorkerStory.assignment(1, inputs: inputs)
        let sentence = "its inputs have \(byteCount) bytes, and 150 are allowed"
        #expect(
            story.hear(.assignment(assignment))
                == [.send(.failed(TaskFailed(task: assignment.task, attempt: 1, code: .tooLarge, sentence: sentence)))]
        )
    }
}
