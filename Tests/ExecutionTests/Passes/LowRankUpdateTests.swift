@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Updates of low rank")
struct LowRankUpdateTests {
    /// A product A R or R A of A and R = W ± s B C, each matrix as it is or transposed.
    private struct Form: CustomStringConvertible {
        var rows = 3, inner = 16, columns = 20, rank = 2
        var isRight: Bool  // R stands right
        var contracts: (a: Int, r: Int, b: Int, c: Int)
        var isSubtracted: Bool
        var factor: Int  // none, a number, an input
        var isFirst = false  // the product is the sum's first term

        var description: String { "\(isRight) \(contracts) \(isSubtracted) \(factor) \(isFirst)" }

        private func shape(_ contracted: Int, _ axis: Int, _ free: Int) -> [Int] {
            axis == 0 ? [contracted, free] : [free, contracted]
        }

        /// A, W, B, C, s.
        var inputs: [TensorType] {
            let update = shape(inner, contracts.r, columns)
            return [
                TensorType(.f32, Shape(shape(inner, contracts.a, rows))), TensorType(.f32, Shape(update)),
                TensorType(.f32, Shape(shape(rank, contracts.b, update[0]))),
                TensorType(.f32, Shape(shape(rank, contracts.c, update[1]))), TensorType(.f32, []),
            ]
        }

        private func product(_ a: Tensor, _ i: Int, _ b: Tensor, _ j: Int) -> Tensor {
            let (left, right) = (i == 0 ? a.transposed() : a, j == 0 ? b : b.transposed())
            return matmul(left, right)
        }

        func update(_ inputs: [Tensor]) -> Tensor {
            var difference = product(inputs[2], contracts.b, inputs[3], contracts.c)
            if factor > 0 { difference = difference * (factor == 1 ? difference.scalar(0.3) : inputs[4]) }
            if isSubtracted { return inputs[1] - difference }
            return isFirst ? difference + inputs[1] : inputs[1] + difference
        }

        func callAsFunction(_ inputs: [Tensor]) -> Tensor {
            let update = update(inputs)
            return isRight
                ? product(inputs[0], contracts.a, update, contracts.r)
                : product(update, contracts.r, inputs[0], contracts.a)
        }
    }

    private static let forms: [Form] = (0..<192).map { number in
        Form(
            isRight: number & 1 == 0,
            contracts: (number >> 1 & 1, number >> 2 & 1, number >> 3 & 1, number >> 4 & 1),
            isSubtracted: number >> 5 & 1 == 0,
            factor: number / 64,
            isFirst: number & 1 == 0
        )
    }

    /// The largest matrices that a function makes.
    private func largest(_ function: Function) -> Int {
        function.nodes.filter { $0.primitive is DotGeneral }.map { $0.results[0].shape.count }.max() ?? 0
    }

    @Test("are never made, and the result is the same but for rounding")
    func forms() throws {
        for (seed, form) in Self.forms.enumerated() {
            let function = try Function.untouched(form.inputs) { [form($0)] }
            let after = function.rewrittenBeforeHashing()
            #expect(largest(function) == 16 * 20 && largest(after) == 3 * 20, "\(form)")
            var random = Seeded(UInt64(seed))
            let inputs = form.inputs.map { random.value($0) }
            let before = try ReferenceInterpreter().run(function.program(), inputs)[0].doubles
            let found = try ReferenceInterpreter().run(after.program(), inputs)[0].doubles
            let scale = 1 + (before.map(\.magnitude).max() ?? 0)
            // The reference rounds nothing but the constant: twice 6e-8 of a difference that is no more than the result.
            for (a, b) in zip(before, found) { #expect(abs(a - b) <= 2e-6 * scale, "\(form)") }
        }
    }

    @Test("are made where that is less work, where others read them too, and where A is no matrix")
    func limits() throws {
        let plain = Form(isRight: true, contracts: (1, 0, 1, 0), isSubtracted: true, factor: 1)
        func keeps(_ form: Form, _ body: (Form, [Tensor]) -> [Tensor] = { [$0($1)] }) throws -> Bool {
            let function = try Function.untouched(form.inputs) { body(form, $0) }
            return largest(function.rewrittenBeforeHashing()) >= form.inner * form.columns
        }
        #expect(try !keeps(plain))
        // rows (inner + columns) against inner · columns: 8 · 36 < 320 < 9 · 36.
        var rows = plain
        rows.rows = 8
        #expect(try !keeps(rows))
        rows.rows = 9
        #expect(try keeps(rows))
        #expect(
            try keeps(plain) { form, inputs in
                let update = form.update(inputs)
                return [matmul(inputs[0], update), update]
            }
        )
        #expect(
            try keeps(plain) { form, inputs in
                let update = form.update(inputs)
                return [matmul(inputs[0], update), matmul(inputs[0] * 2 + 1, update)]
            }
        )
        #expect(
            try keeps(plain) { form, inputs in
                let difference = matmul(inputs[2], inputs[3])
                return [matmul(inputs[0], inputs[1] - difference), difference]
            }
        )
    }

    @Test("of a layer's weights by a few examples are not made for each task")
    func innerStep() throws {
        let (tasks, shots, width) = (5, 4, 24)
        let types = [
            TensorType(.f32, [tasks, shots, width]), TensorType(.f32, [tasks, shots, width]),
            TensorType(.f32, [width, width]),
        ]
        let ports = zip(["x", "y", "w"], types).map { Port($0, $1) }
        let program = try Program.trace(ports) { inputs in
            let slope = gradient(at: inputs[2]) { weights in
                vmap([inputs[0], inputs[1]]) { lane in
                    let loss = { (point: Tensor) -> Tensor in
                        let error = matmul(lane[0].tanh(), point) - lane[1]
                        return (error * error).mean()
                    }
                    let adapted = weights - gradient(at: weights, of: loss) * 0.1
                    return loss(adapted)
                }.sum()
            }
            return ["slope": slope]
        }
        #expect(program.function.types.allSatisfy { $0.shape.count < tasks * width * width }, "\(program)")
    }

    @Test("give a lane the bits that it has alone")
    func lanes() throws {
        for (seed, form) in Self.forms.enumerated() where seed % 7 == 0 {
            try expectSameInLanes(form.inputs, seed: UInt64(seed)) { [form($0)] }
        }
    }
}
