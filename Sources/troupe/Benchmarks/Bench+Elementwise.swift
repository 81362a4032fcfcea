import Execution
import Tasks
import Tensors

extension Bench {
    /// relu(a b + c) d − e / 2: six operations on five tensors, a thousand times in a row on what the time before made.
    static let elementwise = Bench(name: "elementwise", measures: "a chain of six element-wise operations, ns/element")
    {
        var figures: [Figure] = []
        for count in [4_096, 65_536] {
            let type = TensorType(.f32, [count])
            let repeats = (1 << 22) / count
            let program = try Program.trace(["a", "b", "c", "d", "e"].map { Port($0, type) }) { inputs in
                [
                    "a": scan(inputs[0], count: repeats) { a, _ in
                        let positive = maximum(a * inputs[1] + inputs[2], a.filled(0))
                        return (positive * inputs[3] - inputs[4] * 0.5, Nothing())
                    }.carry
                ]
            }
            let compiled = try LocalExecutor().compile(program)
            let inputs = program.sampleInputs()
            let seconds = try await Figure.medianSeconds(runs: 21) { _ = try compiled.run(inputs) }
            figures.append(
                Figure(
                    metric: "ns_per_element_\(count)",
                    value: 1e9 * seconds / Double(count * repeats),
                    unit: "ns",
                    runs: 21
                )
            )
        }
        return figures
    }
}
