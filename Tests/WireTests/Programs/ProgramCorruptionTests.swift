import Execution
import Tensors
import TestSupport
import Testing

@testable import Wire

@Suite("Programs of branches, loops that end and windows, damaged as bytes", .timeLimit(.minutes(1)))
struct ProgramCorruptionTests {
    /// Branches with and without lanes, with a loop in one of them; a loop that ends, with branches in it; windows.
    private static func program() throws -> Program {
        try Program.trace([
            Port("x", TensorType(.f32, [2, 3])), Port("truth", TensorType(.bool, [])), Port("w", TensorType(.f32, [3])),
        ]) { inputs in
            let (x, truth, w) = (inputs[0], inputs[1], inputs[2])
            let rows = vmap(x) { row in
                conditional(row.sum() .> 0) {
                    scan(row, count: 2) { carry, _ in ((carry * w).logPlusOne(), Nothing()) }.carry
                } else: {
                    row.exponentialMinusOne()
                }
            }
            let ended = scan(w, count: 3, until: { $0.sum() .> 1 }) { carry, step in
                (
                    conditional(truth) {
                        carry * 2
                    } else: {
                        carry + step.converted(to: .f32)
                    }, carry
                )
            }
            let sums = windowSum(x, window: [2, 2], stride: [1, 2], padding: .same, inputDilation: [2, 1])
            return ["rows": rows, "carry": ended.carry, "outputs": ended.outputs, "sums": sums]
        }
    }

    @Test("are refused, or run within their limits, whichever bit is turned")
    func flippedBits() throws {
        let program = try Self.program()
        var bytes = try program.flat.encoded()
        let limits = ExecutionLimits(nodes: 1000, memory: 1 << 20, trips: 1000)
        var random = Seeded(1)
        var (unread, invalid, excessive, ran) = (0, 0, 0, 0)
        for bit in 0..<bytes.count * 8 {
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            defer { bytes[bit / 8] ^= 1 << UInt8(bit % 8) }
            do {
                let flat = try FlatProgram(decoding: bytes)
                let compiled = try CompiledProgram(Program(flat), limits: limits)
                let inputs = compiled.program.inputs.map { port in
                    let count = port.type.shape.count
                    return TensorValue(
                        type: port.type,
                        bytes: (0..<port.type.byteCount).map { _ in
                            port.type.element == .bool ? UInt8(random.integer(0...1)) : UInt8(random.integer(0...255))
                        }
                    ) ?? TensorValue([Float](repeating: 0, count: count), shape: port.type.shape)
                }
                _ = try compiled.run(inputs)
                ran += 1
            } catch let error as ProgramError {
                #expect(!error.description.isEmpty)
                invalid += 1
            } catch let error as ExecutionError {
                #expect(!error.description.isEmpty)
                excessive += 1
            } catch {
                unread += 1
            }
        }
        // Of some twenty thousand bits, all ways occur but that of a limit, which sizes seldom reach before shapes break.
        #expect(unread > 100 && invalid > 100 && ran > 100, "\((unread, invalid, excessive, ran))")
    }
}
