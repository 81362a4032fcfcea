import Execution
@testable import Tensors
import TestSupport
import Testing

/// The rule for indices outside an axis: `gather` moves them to the nearest end, `scatter_add` leaves them out.
@Suite("Indices outside an axis")
struct IndexTests {
    private let wild: [Int32] = [.min, -2, -1, 0, 1, 2, 3, .max]

    @Test("take the nearest row")
    func gather() throws {
        for element in [ElementType.f32, .u8, .f64] {
            let table = TensorType(element, [3, 2])
            let program = try Program.of([table, TensorType(.i32, [8])]) { [$0[0].rows(at: $0[1])] }
            var random = Seeded(3)
            let value = random.value(table)
            let found = try CompiledProgram(program).run([value, TensorValue(wild)])[0]
            #expect((0..<8).map { found[$0] } == [0, 0, 0, 0, 1, 2, 2, 2].map { value[$0] }, "\(element)")
        }
    }

    @Test("add to no row")
    func scatter() throws {
        let program = try Program.of([TensorType(.f32, [3]), TensorType(.i32, [8]), TensorType(.f32, [8])]) { inputs in
            [inputs[0].adding(inputs[2], at: inputs[1])]
        }
        let updates = TensorValue((0..<8).map { Float(1 << $0) })
        let found = try CompiledProgram(program).run([
            TensorValue([0.5, 0.5, 0.5] as [Float]), TensorValue(wild), updates,
        ])
        #expect(found[0].floats == [8.5, 16.5, 32.5])
    }

    @Test("have derivatives of the rows that were meant")
    func derivatives() throws {
        let program = try Program.of([TensorType(.f32, [3]), TensorType(.i32, [8]), TensorType(.f32, [8])]) { inputs in
            [gradient(at: inputs[0]) { $0.rows(at: inputs[1]).sum() }]
                + gradient(at: [inputs[0], inputs[2]]) { $0[0].adding($0[1], at: inputs[1]).sum() }
        }
        let zeros = TensorValue([Float](repeating: 0, count: 8))
        let found = try CompiledProgram(program).run([zeros[0..<3], TensorValue(wild), zeros])
        #expect(found.map(\.floats) == [[4, 1, 3], [1, 1, 1], [0, 0, 0, 1, 1, 1, 0, 0]])
    }

    @Test("of a table without rows add nothing, and taking nothing is allowed")
    func noRows() throws {
        let program = try Program.of([TensorType(.f32, [0]), TensorType(.i32, [2]), TensorType(.f32, [2])]) { inputs in
            [inputs[0].adding(inputs[2], at: inputs[1]), inputs[0].rows(at: inputs[1].sliced(axis: 0, 0..<0))]
        }
        let empty = TensorValue([] as [Float])
        let found = try CompiledProgram(program).run([
            empty, TensorValue([0, 1] as [Int32]), TensorValue([1, 2] as [Float]),
        ])
        #expect(found == [empty, empty])
        #expect(throws: TraceError.self) {
            try Program.of([TensorType(.f32, [0]), TensorType(.i32, [2])]) { [$0[0].rows(at: $0[1])] }
        }
    }
}

extension TensorValue {
    /// Some elements of a vector of `f32`.
    fileprivate subscript(range: Range<Int>) -> TensorValue { TensorValue(Array(floats[range])) }
}
