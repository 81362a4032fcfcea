import Coordination
import Foundation
import Tasks
import Tensors

extension Bench {
    /// Tasks that do nothing, about 64 under way at each of two worker processes: those of four slots, and those ahead.
    static let dispatch = Bench(
        name: "dispatch",
        measures: "tasks of 64 bytes that do nothing, about 64 under way at each of two worker processes, over tcp"
    ) {
        let program = try Program.trace([Port("x", TensorType(.f32, [16]))]) { inputs in ["y": inputs[0]] }
        let folder = NSTemporaryDirectory() + "troupe-dispatch-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let count = 20_000
        var figures: [Figure] = []
        for isDurable in [false, true] {
            let ledger = isDurable ? try Ledger(folder: folder, job: program.hash) : nil
            let start = ContinuousClock.now
            let coordinator = try Coordinator(ledger: ledger)
            let address = try await coordinator.listen(at: "tcp://127.0.0.1:*")
            let workers = try (0..<2).map { _ in
                try ChildProcess(["worker", "--connect", address, "--slots", "4", "--while-input"])
            }
            while await coordinator.status().workers.count < workers.count {
                try await Task.sleep(for: .milliseconds(1))
            }
            let ready = (ContinuousClock.now - start) / .seconds(1)
            var runCount = 0
            /// The median rate of three runs, after one that does not count.
            func rate(_ run: @Sendable ([Tasks.Work]) async throws -> [TaskOutputs]) async throws -> Double {
                var rates: [Double] = []
                for _ in 0..<4 {
                    runCount += 1
                    let start = ContinuousClock.now
                    let works = (0..<count).map { number in
                        let value = TensorValue([Float](repeating: Float(number + runCount * count), count: 16))
                        return Tasks.Work(
                            .named("nothing"),
                            inputs: [.value(value)],
                            keeping: isDurable ? .recorded : .untilSnapshot
                        )
                    }
                    _ = try await run(works)
                    rates.append(Double(count) / ((ContinuousClock.now - start) / .seconds(1)))
                }
                return rates.dropFirst().sorted()[1]
            }
            let together = try await rate { try await coordinator.run(program, each: $0) }
            let chains = try await rate { works in
                try await coordinator.concurrently(over: works) { try await coordinator.run(program, $0) }
            }
            await coordinator.stop()
            for worker in workers { _ = await worker.ended() }
            if !isDurable { figures.append(Figure(metric: "ready_seconds", value: ready, unit: "s", runs: 1)) }
            let name = isDurable ? "durable_tasks_per_second" : "tasks_per_second"
            figures.append(Figure(metric: name, value: together, unit: "1/s", runs: 3))
            figures.append(Figure(metric: name + "_one_by_one", value: chains, unit: "1/s", runs: 3))
        }
        return figures
    }
}
