import Coordination
import Execution
import Tasks
import Tensors

extension Bench {
    /// A task that does nothing, from the recipe to a worker and back over tcp on this machine.
    static let roundTrip = Bench(name: "round-trip", measures: "a task that does nothing, over tcp on this machine") {
        let program = try Program.trace([Port("x", TensorType(.f32, []))]) { inputs in ["y": inputs[0]] }
        let coordinator = try Coordinator()
        let address = try await coordinator.listen(at: "tcp://127.0.0.1:*")
        let worker = try Worker(connectingTo: address)
        async let working: Void = worker.run()
        let count = 2_000
        var times: [Double] = []
        for number in 0..<(count + 100) {
            let work = Tasks.Work(.named("nothing"), inputs: [.value(TensorValue(scalar: Float(number)))])
            let took = try await ContinuousClock().measure { _ = try await coordinator.run(program, work) }
            if number >= 100 { times.append(took / .microseconds(1)) }
        }
        let start = ContinuousClock.now
        _ = try await coordinator.map(program, over: 0..<count) { number in
            Tasks.Work(.named("nothing"), inputs: [.value(TensorValue(scalar: -1 - Float(number)))])
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        await coordinator.stop()
        try await working
        times.sort()
        return [
            Figure(metric: "median_microseconds", value: times[count / 2], unit: "us", runs: count),
            Figure(metric: "p99_microseconds", value: times[count * 99 / 100], unit: "us", runs: count),
            Figure(metric: "tasks_per_second", value: Double(count) / seconds, unit: "1/s", runs: 1),
        ]
    }
}
