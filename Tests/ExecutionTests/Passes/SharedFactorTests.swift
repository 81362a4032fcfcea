@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Factors that lanes share")
struct SharedFactorTests {
    /// x W, x Wᵀ or xᵀ W for each lane's W, and one x for all.
    private struct Form: CustomStringConvertible {
        let (lanes, rows, inner, columns): (Int, Int, Int, Int)
        let (isLeftTransposed, isRightTransposed): (Bool, Bool)
        /// Where the lanes' axis stands in W.
        let laneAxis: Int

        init(_ random: inout Seeded) {
            (lanes, rows) = (random.integer(1...5), random.integer(1...40))
            (inner, columns) = (random.integer(1...40), random.integer(1...40))
            (isLeftTransposed, isRightTransposed) = (random.oneIn(2), random.oneIn(2))
            laneAxis = random.integer(0...2)
        }

        var description: String {
            "\(lanes) x \(rows) x \(inner) x \(columns), \(isLeftTransposed) \(isRightTransposed) \(laneAxis)"
        }

        var inputs: [TensorType] {
            let left = isLeftTransposed ? [inner, rows] : [rows, inner]
            var right = isRightTransposed ? [columns, inner] : [inner, columns]
            right.insert(lanes, at: laneAxis)
            return [TensorType(.f32, Shape(left)), TensorType(.f32, Shape(right))]
        }

        func callAsFunction(_ inputs: [Tensor]) -> [Tensor] {
            let x = isLeftTransposed ? inputs[0].transposed() : inputs[0]
            return vmap([inputs[1]], axes: [laneAxis]) { own in
                [matmul(x, isRightTransposed ? own[0].transposed() : own[0])]
            }
        }
    }

    @Test("give each lane the bits of a product of its own")
    func bits() throws {
        for seed in 0..<300 as Range<UInt64> {
            var random = Seeded(seed)
            let form = Form(&random)
            let program = try Program.of(form.inputs) { form($0) }
            let values = form.inputs.map { random.value($0, random.oneIn(4) ? .any : .plain) }
            let plain = try CompiledProgram(program, options: []).run(values)
            #expect(try CompiledProgram(program).run(values) == plain, "seed \(seed): \(form)")
        }
    }

    @Test("are read where they lie, by one step, wherever a lane has a vector of columns")
    func place() throws {
        for seed in 0..<300 as Range<UInt64> {
            var random = Seeded(seed)
            let form = Form(&random)
            // With one row or one sum there is less to move, and other passes see to that.
            guard form.lanes > 1, form.rows > 1, form.inner > 1, form.columns >= 16 else { continue }
            let compiled = try CompiledProgram(Program.of(form.inputs) { form($0) })
            #expect(compiled.plan.steps.count == 1, "seed \(seed): \(form)")
        }
    }

    @Test("stay where they lie until they are read, whatever is computed meanwhile")
    func lifetime() throws {
        let types = [TensorType(.f32, [8, 20]), TensorType(.f32, [4, 20, 24]), TensorType(.f32, [8, 20])]
        let program = try Program.of(types) { inputs in
            let (x, y) = (inputs[0].tanh() + inputs[0], inputs[2].tanh() + inputs[2])
            let others = matmul(y, y.transposed()) + matmul(y * y, y.transposed())
            return [others] + vmap([inputs[1]]) { (own: [Tensor]) -> [Tensor] in [matmul(x, own[0])] }
        }
        for seed in 0..<20 as Range<UInt64> {
            var random = Seeded(seed)
            let values = types.map { random.value($0) }
            let plain = try CompiledProgram(program, options: []).run(values)
            #expect(try CompiledProgram(program).run(values) == plain, "seed \(seed)")
        }
    }

    @Test("are laid out once where they cannot be read as they lie, not once a lane")
    func layout() throws {
        // The rows' axes stand on both sides of what is summed over.
        let types = [TensorType(.f32, [3, 32, 5]), TensorType(.f32, [100, 32, 24])]
        let program = try Program.of(types) { inputs in
            vmap([inputs[1]]) { (own: [Tensor]) -> [Tensor] in
                [dotGeneral(inputs[0], own[0], batch: ([], []), contracting: ([1], [0]))]
            }
        }
        var random = Seeded(1)
        let values = types.map { random.value($0) }
        let plain = try CompiledProgram(program, options: []).run(values)
        let compiled = try CompiledProgram(program)
        #expect(try compiled.run(values) == plain)
        let room = Arena.aligned(program.outputs[0].type.byteCount) + (1 << 15)
        #expect(compiled.arenaByteCount < room, "the factor takes \(types[0].byteCount) bytes")
    }

    @Test("are read as what they are read as, not as what they were repeated to")
    func reshaped() throws {
        let types = [TensorType(.f32, [6, 4]), TensorType(.f32, [5, 3, 7]), TensorType(.f32, [5, 2, 3, 7])]
        let products = { (repeated: Tensor, others: [Tensor]) in
            let (left, right) = (repeated.reshaped([5, 8, 3]), repeated.reshaped([5, 2, 3, 4]))
            return [
                dotGeneral(left, others[1], batch: ([0], [0]), contracting: ([2], [1])),
                dotGeneral(others[2], right, batch: ([0], [0]), contracting: ([1, 2], [1, 2])),
            ]
        }
        let function = try Function.untouched(types) { products($0[0].broadcast(to: [5, 6, 4], axes: [1, 2]), $0) }
        let copied = try Function.untouched(types) { inputs in
            let copy = inputs[0].reshaped([1, 6, 4])
            return products(concatenate([copy, copy, copy, copy, copy], axis: 0), inputs)
        }
        var random = Seeded(2)
        let values = types.map { random.value($0) }
        let expected = try CompiledProgram(copied.program(), options: []).run(values)
        for options in [[], .all] as [CompilerOptions] {
            #expect(try CompiledProgram(function.program(), options: options).run(values) == expected)
        }
    }

    @Test("that are repetitions themselves are not laid out for each lane")
    func repetition() throws {
        let types = [TensorType(.f32, [32]), TensorType(.f32, [100, 32, 16])]
        let program = try Program.of(types) { inputs in
            let rows = inputs[0].broadcast(to: [160, 32], axes: [1])
            return vmap([inputs[1]]) { [matmul(rows, $0[0])] }
        }
        var random = Seeded(3)
        let values = types.map { random.value($0) }
        let compiled = try CompiledProgram(program)
        #expect(try compiled.run(values) == CompiledProgram(program, options: []).run(values))
        // For 100 lanes they would take 2 MB.
        let room = types[1].byteCount + 2 * Arena.aligned(program.outputs[0].type.byteCount) + (1 << 16)
        #expect(compiled.arenaByteCount < room)
    }

    @Test("stay as they are where no tensor could have a part for each lane")
    func limits() throws {
        let axes = [2] + Array(repeating: 1, count: TensorType.rankLimit - 3)
        let rows: [(types: [TensorType], contracting: ([Int], [Int]), order: [Int])] = [
            (
                [TensorType(.f32, Shape(axes + [2, 3])), TensorType(.f32, [2, 3, 5, 16])],
                ([axes.count, axes.count + 1], [0, 1]), [axes.count] + Array(axes.indices) + [axes.count + 1]
            ),
            (
                [TensorType(.f32, [1 << 16, 1 << 16]), TensorType(.f32, [1 << 16, 1 << 20, 16])],
                ([1], [0]), [1, 0, 2]
            ),
        ]
        for row in rows {
            let function = try Function.untouched(row.types) { inputs in
                [dotGeneral(inputs[0], inputs[1], contracting: row.contracting).transposed(row.order)]
            }
            #expect(function.rewritten(by: .keepingBits) == function)
        }
    }
}
