import Tensors
import Testing

@Suite("A program's text")
struct ProgramTextTests {
    @Test("has a line for each node, and loops' bodies indented")
    func listing() throws {
        let ports = [Port("x", TensorType(.f32, [2, 3])), Port("w", TensorType(.f32, [3, 3]))]
        let program = try Program.trace(ports) { inputs in
            let loop = scan(inputs[0].sum(over: [0]), count: 4) { carry, step in
                (matmul(carry.reshaped([1, 3]), inputs[1]).reshaped([3]).tanh(), carry * step.converted(to: .f32))
            }
            return ["last": loop.carry, "all": loop.outputs + inputs[0].constant([1, 2, 3.5] as [Float], shape: [3])]
        }
        #expect(
            program.text == """
                program \(program.hash)
                input %0: f32[2, 3] x
                input %1: f32[3, 3] w
                %2 = reduce_sum(%0) dimensions=0: f32[3]
                %3 = iota() element=3 shape=4 iota_dimension=0: i32[4]
                %4, %5 = scan(%1, %2, %3) length=4 constants=1 carries=1 reverse=0: f32[3], f32[4, 3]
                    takes %0: f32[3, 3]
                    takes %1: f32[3]
                    takes %2: i32[]
                    %3 = reshape(%1) shape=[1, 3]: f32[1, 3]
                    %4 = dot_general(%3, %0) lhs_batching_dimensions=[] rhs_batching_dimensions=[] \
                lhs_contracting_dimensions=1 rhs_contracting_dimensions=0: f32[1, 3]
                    %5 = reshape(%4) shape=3: f32[3]
                    %6 = tanh(%5): f32[3]
                    %7 = convert(%2) element=1: f32[]
                    %8 = broadcast_in_dim(%7) shape=3 broadcast_dimensions=[]: f32[3]
                    %9 = multiply(%1, %8): f32[3]
                    returns %6, %9
                %6 = constant() [1.0, 2.0, 3.5]: f32[3]
                %7 = broadcast_in_dim(%6) shape=[4, 3] broadcast_dimensions=1: f32[4, 3]
                %8 = add(%5, %7): f32[4, 3]
                output %4: f32[3] last
                output %8: f32[4, 3] all
                """
        )
        #expect(program.nodeCount == 13)
    }
}
