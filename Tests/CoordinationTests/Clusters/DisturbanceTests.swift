import Execution
import Tasks
import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

extension Clusters {
    @Suite("What goes wrong on the way")
    struct DisturbanceTests {
        @Test("cancelling a recipe's task stops the program at its worker", arguments: Place.allCases)
        func cancellation(place: Place) async throws {
            let crew = try await Crew(at: place)
            let worker = try crew.work(as: "a")
            for round in 0..<3 {
                let task = Task {
                    try await crew.coordinator.run(Example.endless(), Work(.round(0), inputs: [Example.one]))
                }
                _ = try await crew.assignment()
                task.cancel()
                await #expect(throws: CancellationError.self) {
                    _ = try await task.value(within: .seconds(10))
                }
                // The only slot is free again.
                let x = Example.vector(4, seed: round)
                _ = try await within(.seconds(10)) {
                    try await crew.coordinator.run(Example.doubling(4), Work(.round(1), inputs: [.value(x)]))
                }
                _ = try await crew.assignment()
            }
            await crew.coordinator.stop()
            try await worker.value(within: .seconds(10))
        }

        @Test("a task of a worker that is stopped goes to another", arguments: Place.allCases)
        func givenBack(place: Place) async throws {
            let program = try Example.slow(rounds: 100)
            let work = Work(.named("slow"), inputs: [Example.one])
            let inline = InlineCluster()
            let start = ContinuousClock.now
            let expected = try await inline.run(program, work)["x"].value
            let calm = start.duration(to: .now)

            let crew = try await Crew(at: place)
            let first = try crew.work(as: "first")
            let result = Task { try await crew.coordinator.run(program, work)["x"].value }
            var assignment = try await crew.assignment()
            #expect(assignment == ("first", 1))
            first.cancel()
            try await first.value(within: .seconds(10))
            let second = try crew.work(as: "second")
            assignment = try await crew.assignment()
            #expect(assignment == ("second", 2))
            let value = try await result.value(within: calm * 5 + .seconds(10))
            #expect(value == expected)
            await crew.coordinator.stop()
            try await second.value(within: .seconds(10))
        }

        @Test("an output that went with its worker is computed again", arguments: Place.allCases)
        func lostOutput(place: Place) async throws {
            let crew = try await Crew(at: place)
            let (x, program) = (Example.vector(50_000), try Example.doubling(50_000))
            let first = try crew.work(as: "first")
            let outputs = try await within(.seconds(10)) {
                try await crew.coordinator.run(program, Work(.round(0), inputs: [.value(x)]))
            }
            first.cancel()
            try await first.value(within: .seconds(10))
            let second = try crew.work(as: "second")
            let value = try await within(.seconds(20)) { try await outputs["y"].value }
            #expect(value == TensorValue(x.floats.map { 2 * $0 }, shape: [50_000]))
            var last: (worker: String, attempt: Int)?
            while last?.worker != "second" { last = try await crew.assignment() }
            #expect(last?.attempt == 2)
            await crew.coordinator.stop()
            try await second.value(within: .seconds(10))
        }

        @Test("stopping wakes all who wait, and sends the workers home", arguments: Place.allCases)
        func shutDown(place: Place) async throws {
            let crew = try await Crew(at: place)
            let worker = try crew.work(as: "a", grace: .seconds(60))
            let running = Task {
                try await crew.coordinator.run(Example.endless(), Work(.round(0), inputs: [Example.one]))
            }
            _ = try await crew.assignment()
            let waiting = Task {
                try await crew.coordinator.run(Example.slow(rounds: 1), Work(.round(1), inputs: [Example.one]))
            }
            let isWaiting = await eventually(within: .seconds(10)) { await crew.coordinator.status().waiting == 1 }
            #expect(isWaiting)
            await crew.coordinator.stop()
            for task in [running, waiting] {
                await #expect(throws: TaskError.shutDown) {
                    _ = try await task.value(within: .seconds(10))
                }
            }
            try await worker.value(within: .seconds(10))
            await #expect(throws: TaskError.shutDown) {
                _ = try await crew.coordinator.run(
                    Example.doubling(4),
                    Work(.round(1), inputs: [.value(Example.vector(4))])
                )
            }
        }

        @Test("tasks that are cancelled at any moment leave nothing behind")
        func cancellationRaces() async throws {
            let cluster = try await LocalCluster(workers: 2)
            let program = try Example.doubling(20_000)
            var random = Seeded(5)
            for round in 0..<40 {
                let tasks = (0..<6).map { index in
                    Task {
                        // Some are the same task, so that one goes on when another gives up.
                        let x = Example.vector(20_000, seed: round % 2 == 0 ? index / 2 : index)
                        let outputs = try await cluster.run(program, Work(.round(round), inputs: [.value(x)]))
                        return try await outputs["y"].value == TensorValue(x.floats.map { 2 * $0 }, shape: [20_000])
                    }
                }
                for task in tasks where random.oneIn(2) {
                    for _ in 0..<Int.random(in: 0...200, using: &random) { await Task.yield() }
                    task.cancel()
                }
                for task in tasks {
                    switch await task.result {
                    case .success(let isRight): #expect(isRight)
                    case .failure(let error): #expect(error is CancellationError, "round \(round): \(error)")
                    }
                }
            }
            let isEmpty = await eventually(within: .seconds(10)) {
                await cluster.coordinator.isIdle
            }
            #expect(isEmpty)
        }

        @Test("stopping at any moment ends every wait")
        func stopRaces() async throws {
            var random = Seeded(6)
            for round in 0..<15 {
                let crew = try await Crew(at: .inproc)
                let worker = try crew.work(as: "a", slots: 2)
                let tasks = (0..<8).map { seed in
                    Task {
                        let x = Example.vector(20_000, seed: seed)
                        let work = Work(.round(round), inputs: [.value(x)])
                        return try await crew.coordinator.run(Example.doubling(20_000), work)["y"].value
                    }
                }
                for _ in 0..<Int.random(in: 0...2_000, using: &random) { await Task.yield() }
                await crew.coordinator.stop()
                for task in tasks {
                    do {
                        _ = try await task.value(within: .seconds(10))
                    } catch let error as TaskError {
                        #expect(error == .shutDown)
                    }
                }
                // One that was not admitted yet would wait for another coordinator.
                worker.cancel()
                try await worker.value(within: .seconds(10))
            }
        }
    }
}
