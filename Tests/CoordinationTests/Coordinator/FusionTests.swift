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
        Fusion.size(
            of: program,
            sharing: program.inputs.map { $0.name == "shared" },
            running: usual,
            works: works,
            workers: workers
        )
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
        // Of larger ones so many are one tensor as ride along also where the way is slow: 16 KiB with a header of 24 bytes.
        for (count, size) in [(1, 16), (255, 16), (256, 8), (511, 8), (512, 4), (513, 1)] {
            #expect(Self.size(try Example.doubling(count), .microseconds(1)) == size, "\(count)")
        }
        // What is the same for all is not stacked.
        for (name, size) in [("own", 1), ("shared", 16)] {
            let program = try Program.trace([Port("x", TensorType(.f32, [])), Port(name, TensorType(.f32, [2_000]))]) {
                ["y": $0[0] + $0[1].sum()]
            }
            #expect(Self.size(program, .microseconds(1)) == size)
        }
        let constant = try Program(inputs: [], outputs: [], function: Function(parameters: [], steps: [], results: []))
        #expect(Self.size(constant, .microseconds(1)) == 1)
        let long = try Program.trace([Port("x", TensorType(.f32, []))]) { inputs in
            ["y": (0..<300).reduce(inputs[0]) { sum, _ in (sum * 0.5).tanh() }]
        }
        #expect(Self.size(long, .microseconds(1)) == 1)
    }

    @Test("are one where their tensors have no room in one message")
    func tensors() throws {
        for (inputs, outputs, size) in [(4, 1, 16), (1, 9, 16), (64, 64, 16), (65, 1, 1), (1, 65, 1)] {
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
        let inputs = fused.program(doubling, 4, sharing: [false], packed: packed)?.inputs
        #expect(inputs?.map(\.type) == [TensorType(.f32, [4, 1])])
        // 80 KB.
        let heavy = try Program.trace([Port("x", TensorType(.f32, [1_000]))]) { inputs in
            [
                "y": (0..<20).reduce(inputs[0]) {
                    $0 + $0.constant(Example.vector(1_000, seed: $1).floats, shape: [1_000])
                }
            ]
        }
        #expect(fused.program(heavy, 2, sharing: [false], packed: packed) != nil)
        #expect(fused.program(heavy, 4, sharing: [false], packed: packed) == nil)
        let deep = Shape(Array(repeating: 1, count: TensorType.rankLimit))
        let axes = try Program.trace([Port("x", TensorType(.f32, deep))]) { ["y": $0[0].reshaped([1])] }
        #expect(fused.program(axes, 2, sharing: [false], packed: packed) == nil)
        #expect(fused.program(axes, 2, sharing: [true], packed: packed) != nil)
        fused.fail(doubling)
        for count in [2, 4] { #expect(fused.program(doubling, count, sharing: [false], packed: packed) == nil) }
        #expect(fused.program(heavy, 2, sharing: [false], packed: packed) != nil)
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
        // What a handle holds is as if it had been given.
        let held = TaskInput.handle(Handle(holding: TensorValue(scalar: 3 as Float)))
        #expect(Fusion.unites(work(one, held), work(held, two)))
        #expect(!Fusion.unites(work(handle(1)), work(held)) && !Fusion.unites(work(held), work(handle(1))))
        #expect(!Fusion.unites(work(held), work(.handle(Handle(holding: TensorValue([1] as [Float]))))))
        #expect(Fusion.sharing(work(one, handle(1), held)) == [false, true, false])
    }

    @Test("take what differs between them as one tensor for each input")
    func stacks() throws {
        let keeper = InlineCluster()
        let handle = TaskInput.handle(Handle(Hash(of: [1]), type: TensorType(.f32, []), keptBy: keeper))
        let program = try Program.trace(["a", "b", "c"].map { Port($0, TensorType(.f32, [])) }) {
            ["y": $0[0] + $0[1] * $0[2]]
        }
        let works = (0..<3).map { number in
            let (value, other) = (TensorValue(scalar: Float(number)), TensorValue(scalar: Float(10 * number)))
            return Work(
                .round(number),
                inputs: [.value(value), handle, .handle(Handle(holding: other))],
                keeping: .untilSnapshot
            )
        }
        let work = try #require(Fusion.work(of: works))
        #expect(work.role == .round(0) && work.keeping == .untilSnapshot)
        #expect(work.inputs[0].content == TensorValue([0, 1, 2] as [Float]))
        #expect(work.inputs[1].content == nil && work.inputs[1].hash == Hash(of: [1]))
        #expect(work.inputs[2].content == TensorValue([0, 10, 20] as [Float]))
        let doubling = try Example.doubling(1)
        #expect(Fusion.fits(works[0], program) && !Fusion.fits(works[0], doubling))
        let inputs = works[0].inputs
        let other = Work(.round(3), inputs: [inputs[1], inputs[0], inputs[2]], keeping: .untilSnapshot)
        #expect(Fusion.work(of: works + [other]) == nil)
    }
}
