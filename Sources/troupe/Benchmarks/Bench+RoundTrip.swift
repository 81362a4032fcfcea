import Coordination
import Execution
import Foundation
import Tasks
import Tensors

extension Bench {
    /// A task that does nothing, from the recipe to a worker and back: over tcp on this machine, in clear text and with keys,
    /// and over ipc, as the workers go that `troupe train` starts.
    static let roundTrip = Bench(
        name: "round-trip",
        measures: "a worker that joins, and a task that does nothing, over tcp on this machine, with keys, and over ipc"
    ) {
        let folder = NSTemporaryDirectory() + "troupe-keys-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let keys = KeyFolder(folder)
        for name in ["coordinator", "worker"] { _ = try keys.generate(name) }
        _ = try keys.authorize("\(folder)/worker.public")
        let coordinator = Protection.keys(try CoordinatorKeys(file: "\(folder)/coordinator.secret"))
        let worker = Protection.keys(try WorkerKeys(file: "\(folder)/worker.secret"))
        let tcp = "tcp://127.0.0.1:*"
        return try await figures(over: tcp)
            + figures(
                over: tcp,
                CoordinatorSettings(protection: coordinator),
                WorkerSettings(protection: worker),
                suffix: "_with_keys"
            )
            + figures(over: "ipc://*", suffix: "_over_ipc")
    }

    private static func figures(
        over address: String,
        _ atHome: CoordinatorSettings = CoordinatorSettings(),
        _ abroad: WorkerSettings = WorkerSettings(),
        suffix: String = ""
    ) async throws -> [Figure] {
        let program = try Program.trace([Port("x", TensorType(.f32, []))]) { inputs in ["y": inputs[0]] }
        let coordinator = try Coordinator(settings: atHome)
        let address = try await coordinator.listen(at: address)
        let start = ContinuousClock.now
        let worker = try Worker(connectingTo: address, settings: abroad)
        async let working = worker.run()
        while await coordinator.status().workers.isEmpty { await Task.yield() }
        let join = (ContinuousClock.now - start) / .milliseconds(1)
        let count = 2_000
        var times: [Double] = []
        for number in 0..<(count + 100) {
            let work = Tasks.Work(.named("nothing"), inputs: [.value(TensorValue(scalar: Float(number)))])
            let took = try await ContinuousClock().measure { _ = try await coordinator.run(program, work) }
            if number >= 100 { times.append(took / .microseconds(1)) }
        }
        await coordinator.stop()
        _ = try await working
        times.sort()
        return [
            Figure(metric: "join_milliseconds" + suffix, value: join, unit: "ms", runs: 1),
            Figure(metric: "median_microseconds" + suffix, value: times[count / 2], unit: "us", runs: count),
            Figure(metric: "p99_microseconds" + suffix, value: times[count * 99 / 100], unit: "us", runs: count),
        ]
    }
}
