import Foundation
import Synchronization
import Tasks
import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

extension Clusters {
    @Suite("A cluster with a ledger")
    struct RecordingTests {
        private struct Killed: Error {}

        @Test("takes results back that wait to be written down, or are being written, and no others")
        func takenBack() async throws {
            let place = try Folder()
            let ledger = try Ledger(folder: place.path, job: Hash(of: [1]))
            let cluster = try await LocalCluster(workers: 1, ledger: ledger)
            let coordinator = cluster.coordinator
            let program = try Example.doubling(1)
            let shared = try await cluster.share(TensorValue([1] as [Float]))
            let submissions = try (0..<3).map { number in
                try Submission(
                    program,
                    Work(.round(number), inputs: [.value(TensorValue([Float(number)]))]),
                    programs: coordinator.programs,
                    hostBlobs: coordinator.hostBlobs
                )
            }
            let tasks = submissions.map(\.specification.task)
            // The first is being written while the others wait.
            await coordinator.write(submissions.map(\.specification), of: shared, thenErase: Array(tasks.prefix(2)))
            let isWritten = await eventually(within: .seconds(10)) { await ledger.tasks == [tasks[2]] }
            #expect(isWritten)
            withExtendedLifetime(shared) {}
            await cluster.stop()
            #expect(await ledger.tasks == [tasks[2]])
        }

        /// A chain of tasks: x ← x·x + k, of which every output is an input of the next one.
        private func chain(_ length: Int, on cluster: some Cluster, killedAfter death: Int = .max) async throws -> Float
        {
            let type = TensorType(.f32, [])
            let program = try Program.trace([Port("x", type), Port("k", type)]) { ["x": $0[0] * $0[0] + $0[1]] }
            var x = try await cluster.share(TensorValue(scalar: Float(0.5)))
            for step in 0..<length {
                guard step < death else { throw Killed() }
                let inputs = [TaskInput.handle(x), .value(TensorValue(scalar: Float(step) / 100 - 0.5))]
                x = try await cluster.run(program, Work(.round(step), inputs: inputs))["x"]
            }
            return try await x.value.floats[0]
        }

        /// The same, not recorded, with a snapshot after every `interval` steps.
        private func loop(
            _ length: Int,
            every interval: Int,
            on cluster: some Cluster,
            killedAfter death: Int = .max
        ) async throws -> Float {
            let type = TensorType(.f32, [])
            let program = try Program.trace([Port("x", type), Port("k", type)]) { ["x": $0[0] * $0[0] + $0[1]] }
            let start = try await cluster.snapshot("loop")
            var x = start?.tensors["x"] ?? TensorValue(scalar: Float(0.5))
            for step in (start?.step ?? 0)..<length {
                guard step < death else { throw Killed() }
                let inputs = [TaskInput.value(x), .value(TensorValue(scalar: Float(step) / 100 - 0.5))]
                let outputs = try await cluster.run(
                    program,
                    Work(.round(step), inputs: inputs, keeping: .untilSnapshot)
                )
                x = try await outputs["x"].value
                if (step + 1) % interval == 0 {
                    try await cluster.save(Snapshot(step: step + 1, tensors: ["x": x]), as: "loop")
                }
            }
            return x.floats[0]
        }

        /// How often tasks were assigned.
        private final class Count: Sendable {
            private let assigned = Atomic<Int>(0)

            var number: Int { assigned.load(ordering: .relaxed) }

            func note(_ event: ClusterEvent) { if case .assigned = event { assigned.add(1, ordering: .relaxed) } }
        }

        @Test("that dies after any number of recorded tasks goes on without running one of them again")
        func recorded() async throws {
            let calm = try await chain(12, on: InlineCluster())
            for death in 0...11 {
                let folder = try Folder()
                let place = folder.path
                let job = Hash(of: [1])
                await #expect(throws: Killed.self) {
                    let cluster = try await LocalCluster(workers: 2, ledger: Ledger(folder: place, job: job))
                    return try await chain(12, on: cluster, killedAfter: death)
                }
                let ledger = try await opened(place, job)
                #expect(ledger.earlier == .init(recorded: death, covered: 0, lost: 0))
                let count = Count()
                let second = try await LocalCluster(workers: 2, ledger: ledger) { count.note($0) }
                #expect(try await chain(12, on: second) == calm)
                #expect(count.number == 12 - death)
                #expect(ledger.reused == death)
                await second.stop()
            }
        }

        /// The ledger, once nobody else has it.
        private func opened(_ place: String, _ job: Hash) async throws -> Ledger {
            var ledger: Ledger?
            _ = await eventually(within: .seconds(10)) {
                ledger = try? Ledger(folder: place, job: job)
                return ledger != nil
            }
            return try #require(ledger)
        }

        @Test(
            "that dies after any number of other tasks goes on from the last snapshot, and says how many are run again"
        )
        func snapshots() async throws {
            let calm = try await loop(12, every: 5, on: InlineCluster())
            for death in 0...11 {
                let folder = try Folder()
                let place = folder.path
                let job = Hash(of: [1])
                await #expect(throws: Killed.self) {
                    let cluster = try await LocalCluster(workers: 1, ledger: Ledger(folder: place, job: job))
                    return try await loop(12, every: 5, on: cluster, killedAfter: death)
                }
                let ledger = try await opened(place, job)
                #expect(ledger.earlier == .init(recorded: 0, covered: death - death % 5, lost: death % 5))
                let count = Count()
                let second = try await LocalCluster(workers: 1, ledger: ledger) { count.note($0) }
                #expect(try await loop(12, every: 5, on: second) == calm)
                #expect(count.number == 12 - death + death % 5)
                await second.stop()
            }
        }

        @Test("gives back recorded outputs of any size, small ones with their handles, as inputs of further tasks")
        func sizes() async throws {
            // The blob of 1,020 numbers has 4 KiB.
            for (count, isHeld) in [(1, true), (1_020, true), (1_021, false), (20_000, false)] {
                let folder = try Folder()
                let program = try Example.doubling(count)
                let x = Example.vector(count)
                func twice(on cluster: LocalCluster) async throws -> (first: Handle, second: TensorValue) {
                    let first = try await cluster.run(program, Work(.round(0), inputs: [.value(x)])).handles[0]
                    let work = Work(.round(1), inputs: [.handle(first)], keeping: .untilSnapshot)
                    return (first, try await cluster.run(program, work).handles[0].value)
                }
                let expected = x.floats.map { 4 * $0 }
                try await {
                    let ledger = try Ledger(folder: folder.path, job: Hash(of: [1]))
                    let first = try await LocalCluster(workers: 1, ledger: ledger)
                    #expect(try await twice(on: first).second.floats == expected)
                    await first.stop()
                }()
                let ledger = try await opened(folder.path, Hash(of: [1]))
                let second = try await LocalCluster(workers: 1, ledger: ledger)
                try await {
                    let found = try await twice(on: second)
                    #expect(found.second.floats == expected)
                    #expect((found.first.held != nil) == isHeld)
                    #expect(try await found.first.value.floats == x.floats.map { 2 * $0 })
                }()
                #expect(ledger.reused == 1)
                #expect(await eventually(within: .seconds(10)) { await second.coordinator.isIdle })
                await second.stop()
            }
        }

        @Test("gives nothing recorded to a recipe that is cancelled, or after its end")
        func recordedInVain() async throws {
            let folder = try Folder()
            let job = Hash(of: [1])
            let calm = try await {
                let first = try await LocalCluster(workers: 1, ledger: Ledger(folder: folder.path, job: job))
                let calm = try await chain(3, on: first)
                await first.stop()
                return calm
            }()
            let ledger = try await opened(folder.path, job)
            let second = try await LocalCluster(workers: 1, ledger: ledger)
            let recipe = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await chain(3, on: second)
            }
            recipe.cancel()
            await #expect(throws: CancellationError.self) { try await recipe.value }
            #expect(ledger.reused == 0)
            #expect(try await chain(3, on: second) == calm)
            await second.stop()
            await #expect(throws: TaskError.shutDown) { try await chain(3, on: second) }
        }

        @Test("a large output is fetched and recorded before it is delivered")
        func large() async throws {
            let folder = try Folder()
            let ledger = try Ledger(folder: folder.path, job: Hash(of: [1]))
            let cluster = try await LocalCluster(workers: 1, ledger: ledger)
            let x = Example.vector(300_000)
            let program = try Example.doubling(300_000)
            let task = Hash.ofTask(program: program.hash, inputs: [x.hash])
            _ = try await within(.seconds(20)) { try await cluster.run(program, Work(.round(0), inputs: [.value(x)])) }
            #expect(try await ledger.outputs(of: task) == [TensorValue(x.floats.map { 2 * $0 }, shape: [300_000])])
            await cluster.stop()
        }
    }
}

extension Coordinator {
    /// Writes results down whose only output is a tensor that is kept, and takes some of them back.
    fileprivate func write(_ tasks: [TaskSpecification], of tensor: Handle, thenErase erased: [Hash]) {
        let output = TensorBlob(name: tensor.hash, type: tensor.type)
        for task in tasks {
            write(
                Scheduler.Finding(
                    task: task,
                    outputs: [output],
                    attempt: 1,
                    worker: WorkerID(session: 1),
                    took: .zero
                ),
                of: "a"
            )
        }
        for task in erased { erase(task) }
    }
}
