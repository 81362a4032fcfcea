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
}
