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
