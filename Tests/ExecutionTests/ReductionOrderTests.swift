import Execution
@testable import Tensors
import Testing

/// The order of every sum is frozen: these are the bits of an exact emulation, golden.py.
@Suite("The order of sums and products")
struct ReductionOrderTests {
    private func x(_ index: Int) -> Float {
        Float((UInt32(truncatingIfNeeded: index) &* 2_654_435_761) >> 8) * 0x1p-24 - 0.5
    }

    private func numbers(_ shape: Shape, from start: Int = 0) -> TensorValue {
        TensorValue((start..<(start + shape.count)).map(x), shape: shape)
    }

    private func bits(_ inputs: [TensorValue], _ body: ([Tensor]) -> Tensor) throws -> [UInt32] {
        let program = try Program.of(inputs.map(\.type)) { [body($0)] }
        return try CompiledProgram(program).run(inputs)[0].floats.map(\.bitPattern)
    }

    @Test("a sum takes sixteen lanes, then a tree")
    func sums() throws {
        let golden: [(Int, UInt32)] = [
            (1, 0xbf00_0000), (5, 0xbea3_aa82), (16, 0xbf55_fefd), (17, 0xbee5_0ec4), (40, 0xbf6e_f94c),
            (1000, 0xbcc1_9960),
        ]
        for (count, expected) in golden {
            #expect(try bits([numbers([count])]) { $0[0].sum() } == [expected], "\(count) terms")
            // The same order where the terms lie in columns, and where other axes are around.
            let columns = try bits([numbers([count])]) { input in
                input[0].broadcast(to: [2, count, 33], axes: [1]).sum(over: [1])
            }
            #expect(columns == [UInt32](repeating: expected, count: 66), "\(count) terms in columns")
        }
    }

    @Test("a sum over an axis in the middle takes the same order")
    func middle() throws {
        let golden: [UInt32] = [0xbf51_1579, 0x3dae_0260, 0x3eb4_d6a2, 0x3e82_8226, 0x3f05_ec1a, 0xbf13_3e23]
        #expect(try bits([numbers([3, 50, 2])]) { $0[0].sum(over: [1]) } == golden)
    }

    @Test("a sum over axes that are apart goes in their row-major order")
    func apart() throws {
        let golden: [UInt32] = [0xbe9e_2568, 0xbeea_6fa8, 0x3ec9_461a, 0x3e79_f7b0, 0xbf67_a732]
        #expect(try bits([numbers([3, 5, 7])]) { $0[0].sum(over: [0, 2]) } == golden)
    }

    @Test("a product of all takes the order of a sum")
    func products() throws {
        let factors = (0..<100).map { 1 + x($0) / 4 }
        #expect(try bits([TensorValue(factors)]) { $0[0].product() } == [0x3f23_88de])
    }

    @Test("a cumulative sum adds one after another")
    func running() throws {
        let golden: [UInt32] = [0xbecf_7e76, 0xbf5b_8fe4, 0xbf31_2913, 0xbf68_8ac9]
        #expect(try bits([numbers([50])]) { $0[0].cumulativeSum(axis: 0) }.suffix(4) == golden[...])
    }

    @Test("a matrix product adds in the order of the contracted axis, each by one fused multiply-add")
    func dots() throws {
        let golden: [(Int, [UInt32])] = [
            (7, [0x3ec4_514b, 0xbe56_458e, 0x3dbb_4c4d, 0x3ebc_ff3f, 0xbe83_338a, 0xbddd_9c7d]),
            (100, [0x4071_8890, 0xbfbf_2a7f, 0xbff3_e04b, 0x4036_0e8f, 0x3ed6_c787, 0xc003_2793]),
        ]
        for (inner, expected) in golden {
            let operands = [numbers([3, inner]), numbers([inner, 2], from: 1000)]
            #expect(try bits(operands) { matmul($0[0], $0[1]) } == expected, "\(inner) terms")
            let turned = try bits(operands) { inputs in
                dotGeneral(inputs[0].transposed([1, 0]), inputs[1].transposed([1, 0]), contracting: ([0], [1]))
            }
            #expect(turned == expected, "\(inner) terms, both operands turned")
        }
    }

    @Test("a product over two axes goes in row-major order of the axes as the left operand names them")
    func twoAxes() throws {
        let golden: [UInt32] = [
            0xbcd6_37de, 0x3ec6_08d1, 0xbe83_1348, 0xbe66_700d, 0x3d8f_155a, 0x3e1b_3911, 0xbeb4_5aa2, 0x3db4_9750,
            0x3e4f_3b3e, 0x3e28_0834,
        ]
        let found = try bits([numbers([2, 3, 4]), numbers([4, 3, 5], from: 1000)]) { inputs in
            dotGeneral(inputs[0], inputs[1], contracting: ([2, 1], [0, 1]))
        }
        #expect(found == golden)
    }

    @Test("a convolution adds by kernel row, column and channel, and leaves out what lies on an edge")
    func windows() throws {
        let golden: [UInt32] = [
            0xbe35_ba2e, 0x3d55_152d, 0xbe71_e991, 0x3ecb_020a, 0x3e26_8483, 0xbe02_b104, 0x3d93_fcbd, 0x3d57_2580,
            0x3d18_a414, 0x3ec2_7093, 0x3dc1_3a32, 0xbdc4_b0e9, 0x3e76_2e0d, 0x3d6e_2f7f, 0x3e01_9013, 0xbe16_feab,
            0x3c53_0cac, 0x3d04_16d3, 0xbe76_0bb2, 0xbe25_f7db, 0xbdcd_7f94, 0x3ebc_64c3, 0x3ea6_cd96, 0xbea7_73c9,
            0xbe7a_c153, 0xbdd1_d27a, 0xbea8_b3f1, 0x3ea1_03a1, 0x3eb9_5518, 0xbd80_e044, 0xbde8_bae4, 0x3e2c_2496,
            0x3e68_b4d7, 0x3e26_f098, 0xbe48_80db, 0xbde3_615d, 0xbe60_be9f, 0x3ea6_0840, 0x3e63_9cde, 0xbdba_b7bd,
            0xbd45_26f6, 0x3db6_11f9, 0xbf06_4f8e, 0x3e72_4eb1, 0x3e12_9618, 0x3e96_cc3a, 0x3df8_b4ee, 0x3dbe_23c8,
            0xbe3c_6392, 0xbebd_7a03, 0xbdcf_cfab, 0x3e9e_e844, 0x3dc0_e9b5, 0xbdd4_ba9a, 0x3e09_7581, 0x3dde_b611,
            0x3e23_8053, 0x3c09_4aca, 0xbe8f_bc40, 0xbe0c_6978, 0xbd7b_782c, 0x3c5a_788a, 0xbd1e_eb25, 0x3e27_f340,
        ]
        let operands = [numbers([2, 3, 4, 2]), numbers([2, 3, 2, 2], from: 1000)]
        let edge = WindowPadding.edges(low: [1, 1], high: [1, 1])
        #expect(try bits(operands) { convolution($0[0], $0[1], padding: edge) } == golden)
        // The same with more features beside them, and as one of two groups of the batch.
        let wide = try bits(operands) { inputs in
            let kernel = concatenate([inputs[1]] + (0..<20).map { _ in inputs[1] }, axis: 3)
            return convolution(inputs[0], kernel, padding: edge).sliced(axis: 3, 0..<2)
        }
        #expect(wide == golden)
        let grouped = try bits(operands) { inputs in
            let (x, kernel) = (
                concatenate([inputs[0], inputs[0]], axis: 0), concatenate([inputs[1], inputs[1]], axis: 3)
            )
            return convolution(x, kernel, padding: edge, batchGroups: 2).sliced(axis: 3, 2..<4)
        }
        #expect(grouped == golden)
    }

    @Test("updates are added in the order of their indices")
    func scattered() throws {
        let indices = TensorValue((0..<40).map { Int32($0 * $0 % 3) })
        let found = try bits([numbers([3]), indices, numbers([40], from: 100)]) { $0[0].adding($0[2], at: $0[1]) }
        #expect(found == [0xbf07_75c1, 0x3eb3_02b6, 0xbe87_221a])
    }
}
