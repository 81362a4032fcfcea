import Execution
import Networks
import Optimizers
import Tasks
import Tensors

extension Bench {
    /// 32 networks 64-64-10 on a batch of 32 rows each, Adam at 0.001: all in one program, and one after another.
    static let batchedMembers = Bench(name: "batched-members", measures: "steps of 32 small networks, on one core") {
        let (members, steps) = (32, 40)
        func rate(lanes: Int) async throws -> Double {
            let program = try training(lanes: lanes, steps: steps)
            let compiled = try LocalExecutor().compile(program)
            let inputs = program.sampleInputs()
            let seconds = try await Figure.medianSeconds(runs: 11) {
                for _ in 0..<(members / lanes) { _ = try compiled.run(inputs) }
            }
            return Double(members * steps) / seconds
        }
        let (packed, single) = (try await rate(lanes: members), try await rate(lanes: 1))
        return [
            Figure(metric: "member_step_rate", value: packed, unit: "member-steps/s", runs: 11),
            Figure(metric: "member_step_rate_one_by_one", value: single, unit: "member-steps/s", runs: 11),
        ]
    }

    /// Some steps of some members, each on a batch of its own.
    private static func training(lanes: Int, steps: Int) throws -> Program {
        let ports = [
            Port("keys", TensorType(.u32, [lanes, 2])), Port("x", TensorType(.f32, [lanes, 32, 64])),
            Port("labels", TensorType(.i32, [lanes, 32])),
        ]
        let model = Sequential {
            Dense(64)
            ReLU()
            Dense(10)
        }
        let optimizer = adam()
        return try Program.trace(ports) { inputs in
            try vmap(Pair(Key(inputs[0]), Pair(inputs[1], inputs[2]))) { lane in
                let start = try model.parameters(for: [64], key: lane.first)
                let trained = scan(Pair(start, optimizer.start(for: start)), count: steps) { state, _ in
                    let gradient = gradient(at: state.first) { parameters in
                        softmaxCrossEntropy(model(lane.second.first, parameters), labels: lane.second.second)
                    }
                    var next = state
                    next.first = optimizer.step(state.first, gradient: gradient, state: &next.second)
                    return (next, Nothing())
                }
                return trained.carry.first
            }.outputs
        }
    }
}
