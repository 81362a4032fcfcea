import Datasets
import Networks
import Optimizers
import Recipes
import Tasks
import Tensors
import Testing

@testable import Coordination

extension Clusters {
    @Suite("A coordinator and its workers")
    struct ClusterTests {
        private static func bagging() throws -> Bagging {
            let parts = try Dataset.digits.stratified(test: 0.7, seed: 3)
            let model = Sequential {
                Dense(16)
                ReLU()
                Dense(10)
            }
            let learner = Learner(model, optimizer: adam(rate: 0.01), epochs: 3, batch: 32)
            var bagging = try Bagging(learner, data: parts.training, members: 10, seed: 7, membersPerTask: 2)
            bagging.epochsPerTask = 1
            return bagging
        }

        @Test("bagging gives the bits of one thread, with any number of workers", arguments: [1, 2, 4])
        func localCluster(workers: Int) async throws {
            let alone = try await Self.bagging().train(on: InlineCluster())
            let cluster = try await LocalCluster(workers: workers)
            let together = try await within(.seconds(60)) { try await Self.bagging().train(on: cluster) }
            #expect(together.weights == alone.weights)
            #expect(together.outOfBag == alone.outOfBag)
        }

        @Test("and over any transport", arguments: Place.allCases)
        func transports(place: Place) async throws {
            let alone = try await Self.bagging().train(on: InlineCluster())
            let crew = try await Crew(at: place)
            let workers = try [crew.work(as: "a", slots: 2), crew.work(as: "b")]
            let together = try await within(.seconds(60)) { try await Self.bagging().train(on: crew.coordinator) }
            #expect(together.weights == alone.weights)
            await crew.coordinator.stop()
            for worker in workers { try await worker.value(within: .seconds(10)) }
        }

        @Test("workers that keep next to nothing compute again what is asked for, and find the same bits")
        func smallCaches() async throws {
            let crew = try await Crew(at: .ipc)
            let workers = try ["a", "b"].map { try crew.work(as: $0, cacheBytes: 400_000) }
            let program = try Example.doubling(40_000)
            let values = try await within(.seconds(60)) {
                // Sixty outputs of 160 kB, made of each other in chains of six, wait to be asked for.
                let chains = try await crew.coordinator.concurrently(over: Array(0..<10)) { chain in
                    var x = TaskInput.value(Example.vector(40_000, seed: chain))
                    var handles: [Handle] = []
                    for step in 0..<6 {
                        let work = Work(.round(6 * chain + step), inputs: [x], keeping: .untilSnapshot)
                        let output = try await crew.coordinator.run(program, work)["y"]
                        x = .handle(output)
                        handles.append(output)
                    }
                    return handles
                }
                var values: [TensorValue] = []
                for handle in chains.joined() { values.append(try await handle.value) }
                return values
            }
            for (index, value) in values.enumerated() {
                let factor = Float(1 << (index % 6 + 1))
                let expected = Example.vector(40_000, seed: index / 6).floats.map { factor * $0 }
                #expect(value.floats == expected, "\(index)")
            }
            await crew.coordinator.stop()
            for worker in workers { try await worker.value(within: .seconds(10)) }
            var givenOut = 0
            for await event in crew.events {
                if case .assigned = event { givenOut += 1 }
                if case .left = event { break }
            }
            #expect(givenOut > 60, "some were computed again")
        }

        @Test("outputs of any size come when they are asked for", arguments: Place.allCases)
        func values(place: Place) async throws {
            let crew = try await Crew(at: place)
            let worker = try crew.work(as: "a")
            // Attached; fetched in one piece; fetched in ten.
            for count in [0, 1, 10_000, 20_000, 600_000] {
                let x = Example.vector(count)
                let program = try Example.doubling(count)
                let value = try await within(.seconds(30)) {
                    let outputs = try await crew.coordinator.run(program, Work(.round(0), inputs: [.value(x)]))
                    return try await outputs["y"].value
                }
                #expect(value == TensorValue(x.floats.map { 2 * $0 }, shape: [count]), "\(count) numbers")
            }
            await crew.coordinator.stop()
            try await worker.value(within: .seconds(10))
        }

        @Test("handles of tensors at several workers are inputs of one task", arguments: Place.allCases)
        func handles(place: Place) async throws {
            let count = 300_000
            let crew = try await Crew(at: place)
            let workers = try (0..<3).map { try crew.work(as: "\($0)") }
            let total = try await within(.seconds(60)) {
                let shared = try await crew.coordinator.share(Example.vector(count, seed: 9))
                let doubled = try await crew.coordinator.map(Example.doubling(count), over: 1...3) { seed in
                    Work(.round(seed), inputs: [.value(Example.vector(count, seed: seed))])
                }
                let inputs = doubled.map { TaskInput.handle($0["y"]) } + [.handle(shared)]
                let sum = try await crew.coordinator.run(Example.sum(count), Work(.named("sum"), inputs: inputs))
                return try await sum["sum"].value
            }
            // Whole numbers below 2^24, so exact in any order.
            let vectors = (1...3).map { Example.vector(count, seed: $0).floats }
            let shared = Example.vector(count, seed: 9).floats
            let expected = (0..<count).map { index -> Float in
                let doubled = vectors.map { 2 * $0[index] }
                return doubled[0] + doubled[1] + doubled[2] + shared[index]
            }
            #expect(total == TensorValue(expected, shape: [count]))
            await crew.coordinator.stop()
            for worker in workers { try await worker.value(within: .seconds(10)) }
        }

        @Test("what a recipe lets go of is gone from the coordinator")
        func nothingIsLeft() async throws {
            let cluster = try await LocalCluster(workers: 2)
            try await within(.seconds(30)) {
                for count in [4, 20_000] {
                    let x = try await cluster.share(Example.vector(count))
                    _ = try await cluster.map(Example.doubling(count), over: 0..<100) {
                        Work(.round($0), inputs: [$0 % 2 == 0 ? .handle(x) : .value(Example.vector(count, seed: $0))])
                    }
                }
            }
            let isEmpty = await eventually(within: .seconds(10)) {
                await cluster.coordinator.isIdle
            }
            #expect(isEmpty)
        }

        @Test("a program that fails or an input that does not fit is an error with its sentence")
        func errors() async throws {
            let cluster = try await LocalCluster(workers: 1)
            let program = try Example.doubling(4)
            await #expect(throws: TaskError.self) {
                _ = try await cluster.run(program, Work(.round(0), inputs: []))
            }
            let other = InlineCluster()
            let foreign = try await other.share(Example.vector(4, seed: 77))
            do {
                _ = try await within(.seconds(10)) {
                    try await cluster.run(program, Work(.round(0), inputs: [.handle(foreign)]))
                }
                Issue.record("it ran with a tensor that is not there")
            } catch let error as TaskError {
                #expect(error.description.hasPrefix("a tensor was lost: f32[4] \(foreign.hash.short)"))
            }
        }
    }
}
