import Execution
import Tasks
import Tensors

extension Bench {
    /// Matrix products of the shapes that small networks have, in three orientations: forward (NN), for the weights'
    /// gradient (TN) and for the activations' gradient (NT).
    static let products = Bench(name: "products", measures: "matrix products of small networks, GFLOP/s") {
        var figures: [Figure] = []
        for shape in ProductShape.all {
            for orientation in ["NN", "TN", "NT"] {
                let (program, operations) = try shape.program(orientation)
                let compiled = try LocalExecutor().compile(program)
                let inputs = program.sampleInputs()
                let seconds = try await Figure.medianSeconds(runs: 15) { _ = try compiled.run(inputs) }
                figures.append(
                    Figure(
                        metric: "gflops_\(shape.name)_\(orientation)",
                        value: operations / seconds / 1e9,
                        unit: "GFLOP/s",
                        runs: 15
                    )
                )
            }
        }
        return figures
    }
}

/// C [rows, columns] = A [rows, inner] B [inner, columns], for each of a batch.
private struct ProductShape {
    let (rows, inner, columns, batch): (Int, Int, Int, Int)

    static let all = [
        (10, 40, 40, 25), (32, 64, 64, 1), (32, 64, 64, 32), (32, 64, 10, 32), (64, 128, 128, 1), (75, 576, 64, 1),
        (25, 576, 64, 1), (256, 784, 256, 1), (1024, 1024, 1024, 1),
    ].map { ProductShape(rows: $0, inner: $1, columns: $2, batch: $3) }

    init(rows: Int, inner: Int, columns: Int, batch: Int) {
        (self.rows, self.inner, self.columns, self.batch) = (rows, inner, columns, batch)
    }

    var name: String { "\(rows)x\(inner)x\(columns)_\(batch)" }

    /// The product of one A after another with B, often enough that a run takes some milliseconds.
    func program(_ orientation: String) throws -> (program: Program, operations: Double) {
        let operations = 2 * Double(rows * inner * columns * batch)
        let (some, times) = (2, max(1, Int(2e8 / operations)))
        let left = orientation == "TN" ? [inner, rows] : [rows, inner]
        let right = orientation == "NT" ? [columns, inner] : [inner, columns]
        let ports = [
            Port("a", TensorType(.f32, Shape([some, batch] + left))),
            Port("b", TensorType(.f32, Shape([batch] + right))),
        ]
        let program = try Program.trace(ports) { inputs in
            let start = inputs[0].filled(0, shape: [batch, rows, columns])
            return [
                "c": scan(start, count: times) { c, _ in
                    let next = scan(c, over: inputs[0]) { _, a in
                        (
                            dotGeneral(
                                a,
                                inputs[1],
                                batch: ([0], [0]),
                                contracting: ([orientation == "TN" ? 1 : 2], [orientation == "NT" ? 2 : 1])
                            ), Nothing()
                        )
                    }
                    return (next.carry, Nothing())
                }.carry
            ]
        }
        return (program, operations * Double(some * times))
    }
}
