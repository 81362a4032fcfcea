@testable import Execution
@testable import Tensors
import TestSupport
import Testing

/// Programs as somebody might send them who wishes us ill: each is refused, or runs.
@Suite("Hostile programs")
struct HostileProgramTests {
    private typealias Flat = FlatProgram

    private func flat(_ parameters: [TensorType], _ nodes: [Flat.FlatNode], below: [Flat.FlatFunction] = []) -> Flat {
        let last = Flat.FlatFunction(
            parameters: parameters,
            nodes: nodes,
            results: [parameters.count + nodes.count - 1]
        )
        return Flat(inputs: parameters.indices.map { "\($0)" }, outputs: ["result"], functions: below + [last])
    }

    private func node(_ primitive: any Primitive, _ operands: Int...) -> Flat.FlatNode {
        let attributes = primitive.attributes.compactMap { attribute -> Flat.FlatAttribute? in
            switch attribute.value {
            case .integers(let integers): Flat.FlatAttribute(name: attribute.name, value: .integers(integers))
            case .bytes(let bytes): Flat.FlatAttribute(name: attribute.name, value: .bytes(bytes))
            case .function: nil
            }
        }
        return Flat.FlatNode(primitive: primitive.name, operands: operands, attributes: attributes)
    }

    private func loop(over function: Int, length: Int = 1) -> Flat.FlatNode {
        let numbers = [("length", length), ("constants", 0), ("carries", 1), ("reverse", 0)]
        return Flat.FlatNode(
            primitive: Scan.name,
            operands: [0],
            attributes: numbers.map { Flat.FlatAttribute(name: $0.0, value: .integers([$0.1])) }
                + [Flat.FlatAttribute(name: "body", value: .function(function))]
        )
    }

    private let huge = 1 << 40
    private let scalar = TensorType(.f32, [])

    @Test("with sizes beyond any machine are refused, empty axes or not")
    func sizes() {
        for sizes in [[huge, huge], [0, huge, huge], [huge, huge, 0], [.max, 2], [0, .max], [.max, .max, .max]] {
            let shape = Shape(sizes)
            let parameter = flat([TensorType(.f32, shape)], [node(StopGradient(), 0)])
            #expect(throws: ProgramError.self, "\(shape)") { try Program(parameter) }
            #expect(shape.count >= 0 && TensorType(.f64, shape).byteCount >= 0 && shape.strides.count == sizes.count)
            #expect(TensorValue(type: TensorType(.f32, shape), bytes: []) == nil)
        }
        for sizes in [[huge, huge], [0, huge, huge], [huge, huge, 0]] {
            let broadcast = flat([scalar], [node(BroadcastInDim(to: Shape(sizes), dimensions: []), 0)])
            #expect(throws: ProgramError.self, "\(sizes)") { try Program(broadcast) }
        }
        let rank = flat([TensorType(.f32, Shape([Int](repeating: 1, count: 65)))], [node(StopGradient(), 0)])
        #expect(throws: ProgramError.self) { try Program(rank) }
    }

    @Test("that add sizes beyond an integer are refused")
    func sums() {
        let wide = TensorType(.u8, [0, 1 << 50])
        let concatenation = Flat.FlatNode(
            primitive: Concatenate.name,
            operands: [Int](repeating: 0, count: 8193),
            attributes: node(Concatenate(dimension: 1)).attributes
        )
        #expect(throws: ProgramError.self) { try Program(flat([wide], [concatenation])) }
    }

    @Test("of many axes are read as they should be")
    func axes() throws {
        // Repeated and not, by turns, so that no two axes can be taken for one.
        let sizes = [Int](repeating: 2, count: 15)
        let axes = Array(stride(from: 0, to: 15, by: 2))
        let program = try Program.of([TensorType(.f32, Shape(axes.map { sizes[$0] }))]) { inputs in
            let repeated = inputs[0].broadcast(to: Shape(sizes), axes: axes)
            return [
                (repeated * 2).sum(over: Array(0..<9)), repeated.transposed(Array((0..<15).reversed())).sum(over: [3]),
            ]
        }
        var random = Seeded(1)
        let input = random.value(program.inputs[0].type)
        let expected = try ReferenceInterpreter().run(program, [input])
        for (found, expected) in zip(try CompiledProgram(program).run([input]), expected) {
            #expect(disagreement(found, expected, .absolute(1e-3), magnitude: expected) == nil)
        }
    }

    @Test("that repeat a reshaped tensor read it as it was reshaped")
    func reshapedRepetition() throws {
        let program = try Program.of([TensorType(.f32, [6])]) { inputs in
            let square = inputs[0].reshaped([2, 3]).broadcast(to: [4, 2, 3], axes: [1, 2])
            let column = inputs[0].reshaped([6, 1]).broadcast(to: [6, 2], axes: [0, 1])
            return [square, square + 1, column, column + 1]
        }
        let numbers = TensorValue((0..<6).map { Float($0) })
        let found = try CompiledProgram(program).run([numbers])
        #expect(found == (try ReferenceInterpreter().run(program, [numbers]).map(\.value)))
    }

    @Test("whose strides overflow along axes of one element run")
    func strides() throws {
        let wide = 1 << 24
        let program = try Program(
            flat(
                [TensorType(.u8, [])],
                [
                    node(BroadcastInDim(to: [1, wide], dimensions: []), 0),
                    node(Slice(starts: [0, 0], limits: [1, wide], strides: [huge, 1]), 1),
                    node(Pad(low: [0, 0], high: [0, 0], interior: [huge, 0]), 2, 0),
                    node(Slice(starts: [0, wide - 3], limits: [1, wide], strides: [huge, 2]), 3),
                    node(Pad(low: [0, 1 - huge], high: [0, 0], interior: [0, huge - 1]), 4, 0),
                ]
            )
        )
        let found = try CompiledProgram(program).run([TensorValue(scalar: UInt8(7))])
        #expect(found == [TensorValue([7, 7] as [UInt8], shape: [1, 2])])
        let cut = try Program(
            flat(
                [TensorType(.u8, [2, wide]), TensorType(.u8, [])],
                [
                    node(Pad(low: [-huge / 2, 0], high: [-huge / 2, 0], interior: [huge - 1, 0]), 0, 1)
                ]
            )
        )
        _ = try CompiledProgram(cut).run([
            TensorValue([UInt8](repeating: 1, count: 2 * wide), shape: [2, wide]), TensorValue(scalar: UInt8(3)),
        ])
    }

    private func sliding(
        _ stride: Int,
        low: Int = 0,
        high: Int = 0,
        dilation: Int = 1,
        kernelDilation: Int = 1
    ) -> Convolution {
        Convolution(
            stride: [stride],
            low: [low],
            high: [high],
            inputDilation: [dilation],
            kernelDilation: [kernelDilation]
        )
    }

    @Test("whose windows take giant steps over giant holes run, and those without a place are refused")
    func windows() throws {
        let types = [TensorType(.f32, [1, 3, 2]), TensorType(.f32, [2, 2, 1])]
        let inputs = [
            TensorValue([1, 2, 3, 4, 5, 6] as [Float], shape: [1, 3, 2]),
            TensorValue([1, 10, 100, 1000] as [Float], shape: [2, 2, 1]),
        ]
        let cases: [(Convolution, [Float])] = [
            // Both places of the kernel meet a number each, as far apart as the holes are wide.
            (sliding(huge, dilation: huge, kernelDilation: huge), [4321, 6543]),
            // The second place of the window begins where x does.
            (sliding(huge, low: huge), [0, 4321]),
            (sliding(huge, low: huge, high: huge), [0, 4321, 0]),
        ]
        for (primitive, expected) in cases {
            let program = try Program(flat(types, [node(primitive, 0, 1)]))
            let found = try CompiledProgram(program).run(inputs)
            #expect(found == (try ReferenceInterpreter().run(program, inputs).map(\.value)), "\(primitive)")
            #expect(found[0].floats == expected, "\(primitive)")
        }
        for primitive in [
            sliding(1, low: -huge), sliding(1, low: huge, high: huge, dilation: huge, kernelDilation: huge),
            sliding(1, dilation: .max), sliding(1, kernelDilation: .max), sliding(.max), sliding(0), sliding(-1),
            sliding(1, low: .min, high: .max), sliding(1, low: .max, high: .max),
        ] {
            #expect(throws: (any Error).self, "\(primitive)") {
                try CompiledProgram(Program(flat(types, [node(primitive, 0, 1)])))
            }
        }
        for groups in [0, -1, 3, huge, Int.max] {
            var (features, batch) = (sliding(1), sliding(1))
            (features.featureGroups, batch.batchGroups) = (groups, groups)
            #expect(throws: ProgramError.self) { try Program(flat(types, [node(features, 0, 1)])) }
            #expect(throws: ProgramError.self) { try Program(flat(types, [node(batch, 0, 1)])) }
        }
        // A kernel of no channels has no place to be taken at, however many it has.
        let hollow = [TensorType(.f32, [1, 3, 0]), TensorType(.f32, [1 << 20, 0, 1])]
        let program = try Program(flat(hollow, [node(sliding(1, low: 1 << 20), 0, 1)]))
        #expect(
            try CompiledProgram(program).run(hollow.map { TensorValue([] as [Float], shape: $0.shape) })[0].floats
                == [0, 0, 0, 0]
        )
        let pools = [
            WindowArgMax(window: [huge], stride: [1], low: [huge - 1], high: [huge - 1]),
            WindowArgMax(window: [.max], stride: [1], low: [0], high: [.max - 1]),
            WindowArgMax(window: [0], stride: [1], low: [0], high: [0]),
            WindowArgMax(window: [1], stride: [0], low: [0], high: [0]),
            WindowArgMax(window: [1], stride: [1], low: [-1], high: [0]),
        ]
        for pool in pools {
            #expect(throws: (any Error).self, "\(pool)") {
                try CompiledProgram(Program(flat([types[0]], [node(pool, 0)])))
            }
        }
        let wide = WindowArgMax(window: [huge], stride: [huge], low: [huge - 1], high: [0])
        let positions = try CompiledProgram(Program(flat([types[0]], [node(wide, 0)]))).run([inputs[0]])
        #expect(positions == [TensorValue([0, 1] as [Int32], shape: [1, 1, 2])])
    }

    @Test("of endless loops over nothing end at once")
    func nothing() throws {
        let iota = node(Iota(TensorType(.i32, [huge, 0]), dimension: 0))
        let program = try Program(
            flat(
                [scalar],
                [
                    iota, node(ReduceSum(dimensions: []), 1), node(CumulativeSum(dimension: 1), 2), node(Negate(), 3),
                    node(Gather(batch: 1), 4, 4), node(Sort(dimension: 1), 5),
                ]
            )
        )
        #expect(try CompiledProgram(program).run([TensorValue(scalar: Float(0))])[0].bytes.isEmpty)
        let body = Flat.FlatFunction(parameters: [TensorType(.f32, [0])], nodes: [node(Negate(), 0)], results: [1])
        let endless = flat([TensorType(.f32, [0])], [loop(over: 0, length: huge)], below: [body])
        #expect(try CompiledProgram(Program(endless)).run([TensorValue([] as [Float])])[0].bytes.isEmpty)
    }

    @Test("of functions inside each other by the thousand, or doubled at each turn, are refused")
    func depth() throws {
        let body = Flat.FlatFunction(parameters: [scalar], nodes: [node(Sine(), 0)], results: [1])
        func tower(_ height: Int, width: Int) -> Flat {
            var functions = [body]
            for level in 0..<height {
                let nodes = [Flat.FlatNode](repeating: loop(over: level), count: width)
                functions.append(Flat.FlatFunction(parameters: [scalar], nodes: nodes, results: [width]))
            }
            return Flat(inputs: ["x"], outputs: ["y"], functions: functions)
        }
        #expect(try CompiledProgram(Program(tower(63, width: 1))).run([TensorValue(scalar: Float(0))])[0].floats == [0])
        #expect(throws: ProgramError.function(64, .limit("more than 64 functions inside one another"))) {
            try Program(tower(4000, width: 1))
        }
        #expect(throws: ProgramError.function(18, .limit("more than 1000000 nodes and results"))) {
            try Program(tower(60, width: 2))
        }
    }

    private func branch(_ functions: (Int, Int), _ operands: [Int], laned: [Int] = []) -> Flat.FlatNode {
        Flat.FlatNode(
            primitive: Conditional.name,
            operands: operands,
            attributes: [
                Flat.FlatAttribute(name: "laned", value: .integers(laned)),
                Flat.FlatAttribute(name: "true_branch", value: .function(functions.0)),
                Flat.FlatAttribute(name: "false_branch", value: .function(functions.1)),
            ]
        )
    }

    @Test("of branches inside each other, or in lanes without end, are refused or run")
    func branches() throws {
        let truth = TensorType(.bool, [])
        let body = Flat.FlatFunction(parameters: [scalar, truth], nodes: [node(Sine(), 0)], results: [2])
        func tower(_ height: Int, first: TensorType, laned: [Int]) -> Flat {
            var functions = [body]
            for level in 0..<height {
                let isLast = level == height - 1
                functions.append(
                    Flat.FlatFunction(
                        parameters: [scalar, isLast ? first : truth],
                        nodes: [branch((level, level), [1, 0] + [1], laned: isLast ? laned : [])],
                        results: [2]
                    )
                )
            }
            return Flat(inputs: ["x", "p"], outputs: ["y"], functions: functions)
        }
        let inputs = [TensorValue(scalar: Float(0)), TensorValue([true], shape: [])]
        // A branch counts as often as it is referred to: twice at each turn.
        #expect(try CompiledProgram(Program(tower(12, first: truth, laned: []))).run(inputs)[0].floats == [0])
        #expect(throws: ProgramError.self) { try Program(tower(40, first: truth, laned: [])) }
        #expect(throws: ProgramError.function(0, .table("node 0 refers to function 0, which does not stand before it")))
        {
            let cycle = Flat.FlatFunction(
                parameters: [scalar, truth],
                nodes: [branch((0, 0), [1, 0, 1])],
                results: [2]
            )
            return try Program(Flat(inputs: ["x", "p"], outputs: ["y"], functions: [cycle, cycle]))
        }
        // As many lanes as a tensor can have, of no truth values.
        let empty = Flat.FlatFunction(
            parameters: [scalar, TensorType(.bool, [huge, 0])],
            nodes: [branch((0, 0), [1, 0, 1], laned: [1])],
            results: [2]
        )
        let lanes = try Program(Flat(inputs: ["x", "p"], outputs: ["y"], functions: [body, empty]))
        let none = TensorValue(type: TensorType(.bool, [huge, 0]), bytes: [])
        #expect(try CompiledProgram(lanes).run([inputs[0], try #require(none)])[0].bytes.isEmpty)
        // More axes than a tensor has, once the lanes are put in front.
        let deep = TensorType(.f32, Shape([Int](repeating: 1, count: 15)))
        let wide = Flat.FlatFunction(parameters: [deep], nodes: [node(Sine(), 0)], results: [1])
        for rank in 1...2 {
            let many = Flat.FlatFunction(
                parameters: [deep, TensorType(.bool, Shape([Int](repeating: 1, count: rank)))],
                nodes: [branch((0, 0), [1, 0])],
                results: [2]
            )
            let flat = Flat(inputs: ["x", "p"], outputs: ["y"], functions: [wide, many])
            guard rank == 1 else {
                #expect(throws: ProgramError.self) { try Program(flat) }
                continue
            }
            let program = try Program(flat)
            let values = program.inputs.map {
                TensorValue(type: $0.type, bytes: [UInt8](repeating: 0, count: $0.type.byteCount))
            }
            #expect(try CompiledProgram(program).run(values.compactMap { $0 })[0].floats == [0])
        }
    }

    @Test("whose lanes would multiply work without end run their branches one by one")
    func loopsInLanes() throws {
        // Each of these loops hands its carries on in a ring, so that lanes reach them one by one, and begins anew inside.
        let types = [TensorType](repeating: scalar, count: 5)
        func ring(_ depth: Int, _ start: Tensor, _ others: [Tensor]) -> [Tensor] {
            guard depth > 0 else { return [start] }
            return scan([start] + others, count: 1) { carry, _ in
                let inner = ring(depth - 1, carry[0], others)
                return (Array(carry[1...]) + [inner[inner.count - 1].sine()], Nothing())
            }.carry
        }
        let program = try Program.of([TensorType(.f32, [2])] + types.dropFirst()) { inputs in
            [
                vmap(inputs[0]) { x in
                    conditional(x .> 0) {
                        ring(12, x, Array(inputs[1...]))[4]
                    } else: {
                        x
                    }
                }
            ]
        }
        let choice = try #require(program.function.nodes.compactMap { $0.primitive as? Conditional }.first)
        #expect(choice.selection(of: [2], nodeLimit: 2000) == nil)
        let inputs = [TensorValue([0.5, -1] as [Float])] + (1...4).map { TensorValue(scalar: Float($0)) }
        let found = try CompiledProgram(program).run(inputs)
        let expected = try ReferenceInterpreter().run(program, inputs)
        #expect(disagreement(found[0], expected[0], .absolute(1e-5), magnitude: expected[0]) == nil)
    }

    @Test("written here with sizes beyond any machine throw where they are traced")
    func tracing() {
        #expect(throws: TraceError.self) {
            try Program.of([TensorType(.f32, [huge, huge])]) { [$0[0].mean(over: [0])] }
        }
        #expect(throws: TraceError.self) { try Program.of([scalar]) { [$0[0].broadcast(to: [huge, huge]).sum()] } }
    }

    @Test("come with truth values of 0 and 1 only")
    func truths() {
        #expect(TensorValue(type: TensorType(.bool, [2]), bytes: [0, 1]) != nil)
        #expect(TensorValue(type: TensorType(.bool, [2]), bytes: [0, 2]) == nil)
        var blob = TensorValue([true], shape: [1]).blob
        #expect(TensorValue(blob: blob) != nil)
        blob[blob.count - 1] = 255
        #expect(TensorValue(blob: blob) == nil)
    }

    @Test("made of good ones with numbers, references and types exchanged are refused or run")
    func mutations() throws {
        let limits = ExecutionLimits(nodes: 10_000, memory: 1 << 24, trips: 10_000)
        var (refused, ran) = (0, 0)
        for seed in 0..<6000 as Range<UInt64> {
            var random = Seeded(seed)
            let function = RandomFunction(seed: seed % 60, length: 10)
            var program = try Program.of(function.inputs) { function($0).results }.flat
            for _ in 0..<random.integer(1...3) { random.mutate(&program) }
            do {
                let compiled = try CompiledProgram(Program(program), limits: limits)
                _ = try compiled.run(compiled.program.inputs.map { random.value($0.type, .any) })
                ran += 1
            } catch is ProgramError {
                refused += 1
            } catch is ExecutionError {
                refused += 1
            }
        }
        #expect(refused > 1000 && ran > 500, "\(refused) refused, \(ran) ran")
    }
}

extension Seeded {
    /// Changes one thing somewhere in a program.
    fileprivate mutating func mutate(_ program: inout FlatProgram) {
        let place = integer(0...(program.functions.count - 1))
        guard !program.functions[place].nodes.isEmpty else { return }
        let node = integer(0...(program.functions[place].nodes.count - 1))
        switch integer(0...9) {
        case 0:
            let results = program.functions[place].results.count
            if results > 0 { program.functions[place].results[integer(0...(results - 1))] = number() }
        case 1:
            let parameters = program.functions[place].parameters
            guard !parameters.isEmpty else { return }
            let sizes = parameters[0].shape.sizes.map { oneIn(2) ? $0 : max(0, number()) }
            program.functions[place].parameters[integer(0...(parameters.count - 1))] = TensorType(
                pick(ElementType.allCases),
                Shape(sizes)
            )
        case 2: program.functions[place].nodes[node].primitive = pick(PrimitiveTable.all).name
        case 3, 4:
            let operands = program.functions[place].nodes[node].operands.count
            if operands > 0 { program.functions[place].nodes[node].operands[integer(0...(operands - 1))] = number() }
        default:
            let attributes = program.functions[place].nodes[node].attributes.count
            guard attributes > 0 else { return }
            let attribute = integer(0...(attributes - 1))
            switch program.functions[place].nodes[node].attributes[attribute].value {
            case .integers(var integers):
                if integers.isEmpty || oneIn(5) { integers.append(number()) }
                integers[integer(0...(integers.count - 1))] = number()
                program.functions[place].nodes[node].attributes[attribute].value = .integers(integers)
            case .bytes(let bytes):
                program.functions[place].nodes[node].attributes[attribute].value = .bytes(bytes + [1])
            case .function(let index):
                program.functions[place].nodes[node].attributes[attribute].value = .function(index + integer(-2...2))
            }
        }
    }

    private mutating func number() -> Int {
        oneIn(4) ? pick([-1, 1 << 20, 1 << 31, 1 << 40, -(1 << 40), .max, .min]) : integer(0...6)
    }
}
