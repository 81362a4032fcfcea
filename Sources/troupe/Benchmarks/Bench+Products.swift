import Execution
import Tasks
import Tensors

extension Bench {
    /// Matrix products of the shapes that small networks have: forward, and for the weights' gradient.
    static let products = Bench(name: "products", measures: "matrix products of small networks") {
        var figures: [Figure] = []
        for (rows, inner, columns) in [(32, 64, 64), (32, 64, 10), (64, 32, 64), (1024, 64, 64), (256, 256, 256)] {
            let (left, right) = (TensorType(.f32, [rows, inner]), TensorType(.f32, [inner, columns]))
            // Many in one program, each on what the one before made, so that the start of a run does not count.
            let repeats = 64
            let program = try Program.trace([Port("a", left), Port("b", right)]) { inputs in
                let sum = scan(inputs[0], count: repeats) { a, _ in
                    let product = matmul(a, inputs[1])
                    return (a + product.sum() * 0, product.sum())
                }
                return ["sums": sum.outputs]
            }
            let a = TensorValue((0..<left.shape.count).map { Float($0 % 7) / 7 }, shape: left.shape)
            let b = TensorValue((0..<right.shape.count).map { Float($0 % 5) / 5 }, shape: right.shape)
            let compiled = try LocalExecutor().compile(program)
            let seconds = try await Figure.medianSeconds(runs: 21) { _ = try compiled.run([a, b]) }
            let operations = 2 * Double(rows * inner * columns * repeats)
            figures.append(
                Figure(
                    metric: "gflops_\(rows)x\(inner)x\(columns)",
                    value: operations / seconds / 1e9,
                    unit: "Gflop/s",
                    runs: 21
                )
            )
        }
        return figures
    }
}
