import Coordination
import Execution
import Foundation
import Tasks
import Tensors

extension Bench {
    /// A task that does nothing, from the recipe to a worker and back over tcp on this machine, in clear text and with keys.
    static let roundTrip = Bench(
        name: "round-trip",
        measures: "a worker that joins, and a task that does nothing, over tcp on this machine, without and with keys"
    ) {
        let folder = NSTemporaryDirectory() + "troupe-keys-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let keys = KeyFolder(folder)
        for name in ["coordinator", "worker"] { _ = try keys.generate(name) }
        _ = try keys.authorize("\(folder)/worker.public")
        let plain = try await figures(CoordinatorSettings(), WorkerSettings())
        let coordinator = Protection.keys(try CoordinatorKeys(file: "\(folder)/coordinator.secret"))
        let worker = Protection.keys(try WorkerKeys(file: "\(folder)/worker.secret"))
        let keyed = try await figures(CoordinatorSettings(protection: coordinator), WorkerSettings(protection: worker))
        return plain
            + keyed.map { figure in
                var figure = figure
                figure.metric += "_with_keys"
                return figure
            }
    }

    private static func figures(_ atHome: CoordinatorSettings, _ abroad: WorkerSettings) async throws -> [Figure] {
        let program = try Program.trace([Port("x", TensorType(.f32, []))]) { inputs in ["y": inputs[0]] }
        let coordinator = try Coordinator(settings: atHome)
        let address = try await coordinator.listen(at: "tcp://127.0.0.1:*")
        let start = ContinuousClock.now
        let worker = try Worker(connectingTo: address, settings: abroad)
        async let working: Void = worker.run()
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
        try await working
        times.sort()
        return [
            Figure(metric: "join_milliseconds", value: join, unit: "ms", runs: 1),
            Figure(metric: "median_microseconds", value: times[count / 2], unit: "us", runs: count),
            Figure(metric: "p99_microseconds", value: times[count * 99 / 100], unit: "us", runs: count),
        ]
    }
}
