import Execution
import Tensors
import TestSupport
import Testing

/// Changes one thing in a program that came from outside.
private struct Mutation {
    var random: Seeded

    /// Numbers that are wrong in most places, and right in some.
    private let numbers = [
        -1, 0, 1, 2, 3, 7, 16, 17, 255, 256, 1 << 20, 1 << 31, 1 << 32, 1 << 40, (1 << 40) + 1, 1 << 50, 1 << 62,
        Int.max,
        Int.min, -(1 << 40),
    ]

    private mutating func number() -> Int { numbers.randomElement(using: &random) ?? 0 }
    private mutating func index(_ list: [some Any]) -> Int? { list.indices.randomElement(using: &random) }

    private mutating func shape() -> Shape {
        let rank = [0, 1, 2, 3, 16, 17, 300].randomElement(using: &random) ?? 0
        return Shape((0..<rank).map { _ in max(0, rank > 3 ? 1 : number()) })
    }

    private mutating func type() -> TensorType {
        TensorType(ElementType.allCases.randomElement(using: &random) ?? .f32, shape())
    }

    private mutating func change(_ list: inout [Int]) {
        let place = index(list)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: list.append(number())
        case 1: if place != nil { list.removeLast() }
        case 2: if let place { list[place] &+= Bool.random(using: &random) ? 1 : -1 }
        case 3: list.shuffle(using: &random)
        default: if let place { list[place] = number() }
        }
    }

    private mutating func change(_ list: inout [String]) {
        guard let place = index(list) else { return list.append("more") }
        switch Int.random(in: 0..<3, using: &random) {
        case 0: list.remove(at: place)
        case 1: list[place] = list.randomElement(using: &random) ?? ""
        default: list.append("more")
        }
    }

    private mutating func change(_ attributes: inout [FlatProgram.FlatAttribute], functions: Int) {
        guard let place = index(attributes) else {
            return attributes.append(.init(name: "dimension", value: .integers([0])))
        }
        switch Int.random(in: 0..<8, using: &random) {
        case 0: attributes.remove(at: place)
        case 1: attributes.append(attributes[place])
        case 2: attributes[place].name += "s"
        case 3: attributes.reverse()
        case 4: attributes[place].value = .function([number(), functions - 1, 0].randomElement(using: &random) ?? 0)
        case 5: attributes[place].value = .bytes([UInt8](repeating: 1, count: Int.random(in: 0..<9, using: &random)))
        default:
            switch attributes[place].value {
            case .integers(var list):
                change(&list)
                attributes[place].value = .integers(list)
            case .bytes(var bytes):
                if Bool.random(using: &random) { bytes.append(2) } else { _ = bytes.popLast() }
                attributes[place].value = .bytes(bytes)
            case .function: attributes[place].value = .function(number())
            }
        }
    }

    private mutating func change(_ node: inout FlatProgram.FlatNode, functions: Int) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: node.primitive = PrimitiveTable.all.randomElement(using: &random)?.name ?? "none"
        case 1: change(&node.operands)
        default: change(&node.attributes, functions: functions)
        }
    }

    private mutating func change(_ function: inout FlatProgram.FlatFunction, functions: Int) {
        let place = index(function.nodes)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: change(&function.results)
        case 1: if let place = index(function.parameters) { function.parameters[place] = type() }
        case 2: function.parameters.append(type())
        case 3: if !function.parameters.isEmpty { function.parameters.removeLast() }
        case 4: if let place { function.nodes.remove(at: place) }
        case 5: if let place { function.nodes.append(function.nodes[place]) }
        default: if let place { change(&function.nodes[place], functions: functions) }
        }
    }

    mutating func change(_ program: inout FlatProgram) {
        let place = index(program.functions)
        switch Int.random(in: 0..<16, using: &random) {
        case 0: change(&program.inputs)
        case 1: change(&program.outputs)
        case 2: program.functions.reverse()
        case 3: if let place { program.functions.remove(at: place) }
        case 4: if let place { program.functions.append(program.functions[place]) }
        case 5: program.functions.shuffle(using: &random)
        default: if let place { change(&program.functions[place], functions: program.functions.count) }
        }
    }
}

@Suite("Programs that somebody changed")
struct ProgramMutationTests {
    /// What a reader may do with every program that it accepted.
    private func use(_ program: Program, _ story: String) throws {
        var functions = [program.function]
        while let function = functions.popLast() {
            #expect(
                function.types.count == function.parameters.count + function.nodes.map(\.results.count).reduce(0, +)
            )
            for type in function.types {
                #expect(type.shape.rank <= TensorType.rankLimit && type.byteCount <= TensorType.byteLimit, "\(story)")
                #expect(type.shape.strides.allSatisfy { $0 >= 0 }, "\(story)")
            }
            for node in function.nodes {
                for case .function(let body) in node.primitive.attributes.map(\.value) { functions.append(body) }
            }
        }
        let again = try Program(program.flat)
        #expect(again == program && again.hash == program.hash, "\(story)")
        // The executor refuses what is too large for it; it never traps.
        _ = try? CompiledProgram(program, limits: ExecutionLimits(memory: 1 << 20, trips: 1 << 20))
    }

    @Test("one change gives a refusal or a valid program, never a trap")
    func oneChange() throws {
        var counts = (accepted: 0, refused: 0)
        let golden = try #require(try Golden.read().programs["every primitive"]).flat
        for seed in 0..<12_000 as Range<UInt64> {
            let original = seed % 3 == 0 ? golden : try RandomProgram.traced(seed: seed / 30, nodes: 6).flat
            var mutation = Mutation(random: Seeded(seed))
            var flat = original
            mutation.change(&flat)
            let result = Result { () throws(ProgramError) in try Program(flat) }
            switch result {
            case .success(let program):
                counts.accepted += 1
                try use(program, "seed \(seed)")
            case .failure(let error):
                counts.refused += 1
                #expect(!error.description.isEmpty)
            }
        }
        #expect(counts.accepted > 1000 && counts.refused > 1000, "\(counts)")
    }

    @Test("several changes at once do not trap either")
    func manyChanges() throws {
        var counts = (accepted: 0, refused: 0)
        for seed in 0..<4000 as Range<UInt64> {
            var mutation = Mutation(random: Seeded(1_000_000 + seed))
            var flat = try RandomProgram.traced(seed: seed / 30, nodes: 6).flat
            for _ in 0..<Int.random(in: 2..<6, using: &mutation.random) { mutation.change(&flat) }
            let result = Result { () throws(ProgramError) in try Program(flat) }
            switch result {
            case .success(let program):
                counts.accepted += 1
                try use(program, "seed \(seed)")
            case .failure(let error):
                counts.refused += 1
                #expect(!error.description.isEmpty)
            }
        }
        // Of these seeds 182 give a program that is still one; so both ways are tried.
        #expect(counts.accepted > 50 && counts.refused > 2000, "\(counts)")
    }
}
