import Tasks
import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("Several works in one task")
struct FusionTests {
    private static func size(
        _ program: Program,
        _ usual: Duration?,
        works: Int = 1_000,
        workers: Int = 2
    ) -> Int {
        Fusion.size(of: program, running: usual, works: works, workers: workers)
    }

    @Test("are as many as run within the span, where there are enough for all workers")
    func size() throws {
        let program = try Example.doubling(4)
        #expect(Self.size(program, nil) == 1)
        #expect(Self.size(program, .zero) == Fusion.mostWorks)
        for nanoseconds in [1, 300, 2_000, 6_250, 6_251, 12_500, 25_000, 50_000, 50_001, 1_000_000] {
            for works in [1, 2, 15, 16, 31, 64, 127, 128, 20_000] {
                for workers in [0, 1, 2, 50] {
                    let usual = Duration.nanoseconds(nanoseconds)
                    let size = Self.size(program, usual, works: works, workers: workers)
                    #expect(size == 1 || usual * size <= Fusion.span)
                    #expect(size == 1 || size * max(workers, 1) * Fusion.leastTasks <= works)
                    #expect([1, 2, 4, 8, 16].contains(size))
                    let next = 2 * size
                    let isMost =
                        next > Fusion.mostWorks || usual * next > Fusion.span
                        || next * max(workers, 1) * Fusion.leastTasks > works
                    #expect(isMost, "\(usual), \(works) works, \(workers) workers: \(size)")
                }
            }
        }
    }

    @Test("are one where tensors or program are large, or nothing goes in")
    func alone() throws {
        #expect(Self.size(try Example.doubling(512), .microseconds(1)) == Fusion.mostWorks)
        #expect(Self.size(try Example.doubling(513), .microseconds(1)) == 1)
        let constant = try Program(inputs: [], outputs: [], function: Function(parameters: [], steps: [], results: []))
        #expect(Self.size(constant, .microseconds(1)) == 1)
        let long = try Program.trace([Port("x", TensorType(.f32, []))]) { inputs in
            ["y": (0..<300).reduce(inputs[0]) { sum, _ in (sum * 0.5).tanh() }]
        }
        #expect(Self.size(long, .microseconds(1)) == 1)
    }

    @Test("are as many as have room for their tensors in one message")
    func tensors() throws {
        for (inputs, outputs, size) in [(4, 1, 16), (5, 1, 8), (1, 9, 4), (32, 32, 2), (33, 1, 1), (1, 33, 1)] {
            let types = (0..<inputs).map { Port("\($0)", TensorType(.f32, [])) }
            let program = try Program.trace(types) { values in
                (0..<outputs).map { (name: "\($0)", tensor: values[0] + Double($0)) }
            }
            #expect(Self.size(program, .microseconds(1)) == size, "\(inputs) inputs, \(outputs) outputs")
        }
    }

    @Test("are run one by one where their program would be too large, or after one such task has failed")
    func programs() throws {
        let (packed, fused) = (PackedPrograms(), FusedPrograms())
        let doubling = try Example.doubling(1)
        #expect(fused.program(doubling, 4, packed: packed)?.inputs.count == 4)
        // 80 KB.
        let heavy = try Program.trace([Port("x", TensorType(.f32, [1_000]))]) { inputs in
            [
                "y": (0..<20).reduce(inputs[0]) {
                    $0 + $0.constant(Example.vector(1_000, seed: $1).floats, shape: [1_000])
                }
            ]
        }
        #expect(fused.program(heavy, 2, packed: packed) != nil)
        #expect(fused.program(heavy, 4, packed: packed) == nil)
        let named = try Program.trace([Port(String(repeating: "x", count: WireLimits.label), TensorType(.f32, [1]))]) {
            ["y": $0[0]]
        }
        #expect(fused.program(named, 2, packed: packed) == nil)
        fused.fail(doubling)
        #expect(fused.program(doubling, 4, packed: packed) == nil && fused.program(doubling, 2, packed: packed) == nil)
        #expect(fused.program(heavy, 2, packed: packed) != nil)
    }

    @Test("take what lies in the cluster from one place")
    func unites() throws {
        let keeper = InlineCluster()
        func handle(_ number: UInt8) -> TaskInput {
            .handle(Handle(Hash(of: [number]), type: TensorType(.f32, []), keptBy: keeper))
        }
        func work(_ inputs: TaskInput..., keeping: Keeping = .untilSnapshot) -> Work {
            Work(.round(0), inputs: inputs, keeping: keeping)
        }
        let (one, two) = (
            TaskInput.value(TensorValue(scalar: 1 as Float)), TaskInput.value(TensorValue(scalar: 2 as Float))
        )
        #expect(Fusion.unites(work(one, handle(1)), work(two, handle(1))))
        #expect(!Fusion.unites(work(one, handle(1)), work(two, handle(2))))
        #expect(!Fusion.unites(work(one, handle(1)), work(handle(1), one)))
        #expect(!Fusion.unites(work(one), work(one, two)))
        #expect(!Fusion.unites(work(one), work(.value(TensorValue([1, 2] as [Float])))))
        #expect(!Fusion.unites(work(one, keeping: .recorded), work(two, keeping: .recorded)))
        #expect(!Fusion.unites(work(one), work(two, keeping: .recorded)))
    }
}
