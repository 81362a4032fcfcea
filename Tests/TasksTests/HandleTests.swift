import Tasks
import Tensors
import Testing

@Suite("Handles")
struct HandleTests {
    private let tensor = TensorValue([1, 2] as [Float])

    @Test("a handle asks its keeper for the value only when asked, and tells it once when it is gone")
    func life() async throws {
        let keeper = Keeper(tensor)
        var handle: Handle? = Handle(tensor.hash, type: tensor.type, keptBy: keeper)
        let other = handle
        #expect(keeper.story.isEmpty)
        #expect(try await handle?.value == tensor)
        #expect(keeper.story == ["value true f32[2]"])
        handle = nil
        #expect(keeper.story.count == 1, "another reference to the handle lives")
        #expect(try await other?.value == tensor)
        await consume(other)
        #expect(keeper.story.last == "value true f32[2]")
    }

    private func consume(_ handle: Handle?) async {}

    @Test("the last reference releases the tensor")
    func release() {
        let keeper = Keeper(tensor)
        do { _ = Handle(tensor.hash, type: tensor.type, keptBy: keeper) }
        #expect(keeper.story == ["release true"])
        var handles = (0..<3).map { _ in Handle(tensor.hash, type: tensor.type, keptBy: keeper) }
        handles.removeLast()
        #expect(keeper.story.count == 2, "each handle counts for itself")
        handles = []
        #expect(keeper.story == [String](repeating: "release true", count: 4))
    }

    @Test("a handle that holds its tensor asks nobody")
    func held() async throws {
        let handle = Handle(holding: tensor)
        #expect(handle.hash == tensor.hash && handle.type == tensor.type && handle.held == tensor)
        #expect(try await handle.value == tensor)
        #expect(TaskInput.handle(handle).content == tensor && TaskInput.value(tensor).content == tensor)
        let keeper = Keeper(tensor)
        let kept = Handle(tensor.hash, type: tensor.type, keptBy: keeper)
        #expect(kept.held == nil && TaskInput.handle(kept).content == nil)
        let cluster = InlineCluster()
        let program = try Program.trace([Port("x", tensor.type)]) { ["y": $0[0] + $0[0]] }
        let outputs = try await cluster.run(program, Work(.round(0), inputs: [.handle(handle)]))
        #expect(try await outputs["y"].value == TensorValue([2, 4] as [Float]))
    }

    @Test("an input's name and type are the tensor's, at hand or in the cluster")
    func inputs() {
        let keeper = Keeper(tensor)
        let handle = Handle(tensor.hash, type: tensor.type, keptBy: keeper)
        for input in [TaskInput.value(tensor), .handle(handle)] {
            #expect(input.hash == tensor.hash && input.type == tensor.type)
        }
        #expect(keeper.story.isEmpty, "nothing moved for it")
    }
}
