import Execution
import Synchronization
import Tensors
import Testing

@testable import Tasks

private let vector = TensorType(.f32, [2])

/// x ↦ x + 1, and the sum of x.
private func increment() throws -> Program {
    try Program.trace([Port("x", vector)]) { ["next": $0[0] + 1, "sum": $0[0].sum()] }
}

private func tensor(_ a: Float, _ b: Float) -> TensorValue { TensorValue([a, b]) }

@Suite("The inline cluster")
struct InlineClusterTests {
    private let cluster = InlineCluster()

    @Test("a task's outputs are handles, by name and in order")
    func outputs() async throws {
        let work = Work(.named("increment"), inputs: [.value(tensor(1, 2))])
        let outputs = try await cluster.run(try increment(), work)
        #expect(try await outputs["next"].value == tensor(2, 3))
        #expect(try await outputs["sum"].value == TensorValue(scalar: Float(3)))
        #expect(outputs.handles.map(\.type) == [vector, TensorType(.f32, [])])
        #expect(outputs.handles[0].hash == tensor(2, 3).hash)
    }

    @Test("a handle is an input of the next task, so that a chain needs no value")
    func chains() async throws {
        let program = try increment()
        var state = try await cluster.share(tensor(0, 10))
        for step in 0..<5 {
            state = try await cluster.run(program, Work(.round(step), inputs: [.handle(state)]))["next"]
        }
        #expect(try await state.value == tensor(5, 15))
    }

    @Test("equal work gives equal names, whatever the role")
    func purity() async throws {
        let program = try increment()
        let first = try await cluster.run(program, Work(.round(0), inputs: [.value(tensor(1, 2))]))
        let second = try await cluster.run(program, Work(.head("b"), inputs: [.value(tensor(1, 2))]))
        #expect(first.handles.map(\.hash) == second.handles.map(\.hash))
    }

    @Test("a tensor is kept while a handle of it lives, and lost when the last one goes")
    func release() async throws {
        let value = tensor(3, 4)
        var handles = [try await cluster.share(value), try await cluster.share(value)]
        let probe = { try await cluster.value(of: value.hash, type: value.type) }
        handles.removeLast()
        #expect(try await probe() == value)
        handles.removeLast()
        await #expect(throws: TaskError.lost("f32[2] \(value.hash.short)")) { try await probe() }
        cluster.release(value.hash)  // once too often is nothing
        handles.append(try await cluster.share(value))
        #expect(try await probe() == value)
    }

    @Test("a task with a lost input fails with its name")
    func lostInput() async throws {
        let value = tensor(5, 6)
        // A handle that the cluster did not give out, as no recipe can make one.
        let lost = Handle(value.hash, type: value.type, keptBy: cluster)
        await #expect(throws: TaskError.lost("f32[2] \(value.hash.short)")) {
            try await cluster.run(try increment(), Work(.round(0), inputs: [.handle(lost)]))
        }
    }

    @Test("inputs that do not fit are refused with role, name and types")
    func invalid() async throws {
        let program = try increment()
        let cases: [([TaskInput], String)] = [
            ([.value(TensorValue([1, 2]))], "round 3 cannot run: input 'x' must be f32[2], but is f64[2]"),
            ([], "round 3 cannot run: the program takes 1 inputs, but 0 were given"),
        ]
        for (inputs, text) in cases {
            let error = await #expect(throws: TaskError.self) {
                try await cluster.run(program, Work(.round(2), inputs: inputs))
            }
            #expect(error?.description == text)
        }
        // A program that asks for too much is refused in the same way.
        let huge = try Program.trace([Port("x", vector)]) {
            ["y": $0[0].broadcast(to: [1 << 36, 2]).cumulativeSum(axis: 0)]
        }
        let error = await #expect(throws: TaskError.self) {
            try await cluster.run(huge, Work(.named("huge"), inputs: [.value(tensor(1, 2))]))
        }
        guard case .invalid(role: .named("huge"), _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("results of map are in the order of the items, however many there are")
    func mapOrder() async throws {
        let program = try increment()
        let outputs = try await cluster.map(program, over: 0..<50) { index in
            Work(.bootstrap(members: index..<index + 1, of: 50), inputs: [.value(tensor(Float(index), 0))])
        }
        #expect(outputs.count == 50)
        for (index, output) in outputs.enumerated() {
            #expect(try await output["next"].value.floats[0] == Float(index + 1))
        }
        #expect(try await cluster.map(program, over: [] as [Int]) { _ in Work(.round(0), inputs: []) }.isEmpty)
    }

    @Test("chains go on at the same time and come back in order")
    func chainOrder() async throws {
        let results = try await cluster.concurrently(over: Array(0..<20)) { index in
            for _ in 0..<((index * 7) % 5) { await Task.yield() }
            return index * index
        }
        #expect(results == (0..<20).map { $0 * $0 })
    }

    @Test("what chains leave is taken in order, each as soon as all before it are there, and no more after an error")
    func chainsTaken() async throws {
        struct Stop: Error {}
        for count in [0, 1, 7, 40] {
            // Chain n ends when those that come `step` later in a ring have been let through, so that they end in any order.
            for step in [1, 3, 11] where count % step != 0 || count < 2 {
                let gate = Mutex(0)
                var taken: [Int] = []
                try await cluster.concurrently(over: Array(0..<count)) { index in
                    let turn = index * step % max(count, 1)
                    while gate.withLock({ $0 }) < turn { await Task.yield() }
                    gate.withLock { $0 = max($0, turn + 1) }
                    return index
                } take: {
                    taken.append($0)
                }
                #expect(taken == Array(0..<count))
            }
        }
        // The first two are taken while the third still waits for that.
        let count = Mutex(0)
        try await cluster.concurrently(over: Array(0..<3)) { index in
            while index == 2, count.withLock({ $0 }) < 2 { await Task.yield() }
        } take: {
            count.withLock { $0 += 1 }
        }
        var last = 0
        await #expect(throws: Stop.self) {
            try await cluster.concurrently(over: Array(0..<9)) {
                $0
            } take: {
                last = $0
                if $0 == 4 { throw Stop() }
            }
        }
        #expect(last == 4)
    }

    @Test(
        "of very many chains some thousand are under way at a time, and the next begins when one has ended",
        .timeLimit(.minutes(1))
    )
    func chainsUnderWayAtATime() async throws {
        struct State {
            var begun = 0
            var waiting: [CheckedContinuation<Void, Never>] = []
            var isOpen = false
        }
        let count = 3 * chainsUnderWay
        let state = Mutex(State())
        let results = try await cluster.concurrently(over: Array(0..<count)) { index in
            state.withLock { $0.begun += 1 }
            guard index == 0 else {
                await withCheckedContinuation { continuation in
                    let isOpen = state.withLock { state in
                        if !state.isOpen { state.waiting.append(continuation) }
                        return state.isOpen
                    }
                    if isOpen { continuation.resume() }
                }
                return index
            }
            // All others wait for the first, which gives those time that should not have begun.
            while state.withLock({ $0.waiting.count }) < chainsUnderWay - 1, !Task.isCancelled { await Task.yield() }
            for _ in 0..<1_000 { await Task.yield() }
            #expect(state.withLock { $0.begun } == chainsUnderWay)
            let waiting = state.withLock { state in
                state.isOpen = true
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
            return index
        }
        #expect(results == Array(0..<count))
    }

    @Test("after a cancellation no further chain is begun")
    func cancelledChains() async throws {
        let begun = Mutex(0)
        let recipe = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await cluster.concurrently(over: Array(0..<2 * chainsUnderWay)) { index in
                begun.withLock { $0 += 1 }
                return index
            }
        }
        recipe.cancel()
        await #expect(throws: CancellationError.self) { try await recipe.value }
        #expect(begun.withLock { $0 } == chainsUnderWay)
    }

    @Test("the first error ends a map, and the other chains see that they are cancelled")
    func mapError() async throws {
        struct Stop: Error {}
        let cancelled = Mutex(0)
        await #expect(throws: Stop.self) {
            try await cluster.concurrently(over: Array(0..<4)) { index in
                guard index != 2 else { throw Stop() }
                while !Task.isCancelled { await Task.yield() }
                cancelled.withLock { $0 += 1 }
            }
        }
        #expect(cancelled.withLock { $0 } == 3)
        let program = try increment()
        let error = await #expect(throws: TaskError.self) {
            try await cluster.map(program, over: 0..<4) { index in
                Work(.round(index), inputs: index == 1 ? [] : [.value(tensor(0, 0))])
            }
        }
        #expect(error == .invalid(role: .round(1), reason: "the program takes 1 inputs, but 0 were given"))
    }

    @Test("a cancelled Swift task starts nothing, and stops a loop that runs")
    func cancellation() async throws {
        let program = try increment()
        let before = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await cluster.run(program, Work(.round(0), inputs: [.value(tensor(1, 2))]))
        }
        await #expect(throws: CancellationError.self) { try await before.value }

        // Here the cancellation comes while the inputs are fetched: after the check, before the loop,
        // which would take hours.
        let long = try Program.trace([Port("x", vector)]) { inputs in
            let inner = { (x: Tensor) in scan(x, count: 1 << 20) { carry, _ in (carry * 0.5 + 1, Nothing()) }.carry }
            return ["y": scan(inputs[0], count: 1 << 20) { carry, _ in (inner(carry), Nothing()) }.carry]
        }
        let value = tensor(1, 2)
        let keeper = Keeper(value) { withUnsafeCurrentTask { $0?.cancel() } }
        let handle = Handle(value.hash, type: value.type, keptBy: keeper)
        let during = Task { try await cluster.run(long, Work(.round(0), inputs: [.handle(handle)])) }
        await #expect(throws: CancellationError.self) { try await during.value }
    }

    @Test("the local executor compiles a program once, and runs it where it is asked")
    func local() throws {
        let program = try increment()
        #expect(try cluster.local.compile(program) === cluster.local.compile(program))
        #expect(try cluster.local.run(program, [tensor(1, 2)])[0] == tensor(2, 3))
        #expect(throws: ExecutionError.inputCount(expected: 1, found: 0)) { try cluster.local.run(program, []) }
    }
}
