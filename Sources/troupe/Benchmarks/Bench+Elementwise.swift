import Execution
import Tasks
import Tensors

extension Bench {
    /// tanh(x · y + x) on a million numbers.
    static let elementwise = Bench(name: "elementwise", measures: "a chain of element-wise operations") {
        let shape = Shape([1 << 20])
        let type = TensorType(.f32, shape)
        let program = try Program.trace([Port("x", type), Port("y", type)]) { inputs in
            ["z": (inputs[0] * inputs[1] + inputs[0]).tanh()]
        }
        let x = TensorValue((0..<shape.count).map { Float($0 % 1000) / 1000 }, shape: shape)
        let compiled = try LocalExecutor().compile(program)
        let seconds = try await Figure.medianSeconds(runs: 21) { _ = try compiled.run([x, x]) }
        return [
            Figure(metric: "elements_per_second", value: Double(shape.count) / seconds, unit: "1/s", runs: 21)
        ]
    }
}
