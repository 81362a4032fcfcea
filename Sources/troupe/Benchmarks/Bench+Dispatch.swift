import Coordination
import Foundation
import Tasks
import Tensors

extension Bench {
    /// Tasks that do nothing, 64 at a time at each of two worker processes.
    static let dispatch = Bench(
        name: "dispatch",
        measures: "tasks of 64 bytes that do nothing, up to 64 at a time at each of two worker processes, over tcp"
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
                try ChildProcess(["worker", "--connect", address, "--slots", "64", "--while-input"])
            }
            while await coordinator.status().workers.count < workers.count {
                try await Task.sleep(for: .milliseconds(1))
            }
            let ready = (ContinuousClock.now - start) / .seconds(1)
            var rates: [Double] = []
            for run in 0..<4 {
                let start = ContinuousClock.now
                _ = try await coordinator.map(program, over: 0..<count) { number in
                    let value = TensorValue([Float](repeating: Float(number + run * count), count: 16))
                    return Tasks.Work(
                        .named("nothing"),
                        inputs: [.value(value)],
                        keeping: isDurable ? .recorded : .untilSnapshot
                    )
                }
                rates.append(Double(count) / ((ContinuousClock.now - start) / .seconds(1)))
            }
            await coordinator.stop()
            for worker in workers { _ = await worker.ended() }
            let rate = rates.dropFirst().sorted()[1]
            if !isDurable { figures.append(Figure(metric: "ready_seconds", value: ready, unit: "s", runs: 1)) }
            let name = isDurable ? "durable_tasks_per_second" : "tasks_per_second"
            figures.append(Figure(metric: name, value: rate, unit: "1/s", runs: 3))
        }
        return figures
    }
}
