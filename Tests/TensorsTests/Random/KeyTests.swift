import Execution
import Tensors
import Testing

private let keyPort = Port("key", TensorType(.u32, [2]))

/// Runs a program of one key.
private func run(_ key: RandomKey, _ body: (Key) -> [Tensor]) throws -> [TensorValue] {
    let program = try Program.trace([keyPort]) { inputs in
        body(Key(inputs[0])).enumerated().map { (name: "\($0)", tensor: $1) }
    }
    return try CompiledProgram(program).run([key.value])
}

@Suite("Random keys")
struct KeyTests {
    @Test("children by index and by name are frozen, inside programs and outside")
    func children() throws {
        for golden in try Golden.read().random.seeds {
            let key = golden.key
            for (index, words) in golden.byIndex.map({ ($0.index, $0.key) }) {
                #expect(key.child(index).words == words, "seed \(golden.seed), index \(index)")
            }
            for (name, words) in golden.byName.map({ ($0.name, $0.key) }) {
                #expect(key.child(name).words == words, "seed \(golden.seed), name '\(name)'")
            }
            #expect(key.child("split").child(3).child("a").words == golden.nested)

            let indices = try run(key) { key in golden.byIndex.map { key.child($0.index).tensor } }
            #expect(indices.map { $0.elements(as: UInt32.self) } == golden.byIndex.map(\.key), "seed \(golden.seed)")
            let computed = try run(key) { key in
                golden.byIndex.map { child in
                    let index = UInt32(truncatingIfNeeded: child.index)
                    return key.child(key.tensor.constant([index], shape: .scalar)).tensor
                }
            }
            #expect(computed.map { $0.elements(as: UInt32.self) } == golden.byIndex.map(\.key), "seed \(golden.seed)")
            let names = try run(key) { key in golden.byName.map { key[$0.name].tensor } }
            #expect(names.map { $0.elements(as: UInt32.self) } == golden.byName.map(\.key), "seed \(golden.seed)")
            let nested = try run(key) { [$0["split"].child(3)["a"].tensor] }
            #expect(nested[0].elements(as: UInt32.self) == golden.nested, "seed \(golden.seed)")
        }
    }

    @Test("bits, uniform and normal numbers, integers and permutations are frozen")
    func draws() throws {
        for golden in try Golden.read().random.seeds {
            let count = golden.bits.count
            let found = try run(golden.key) { key in
                [
                    key.bits([count]), key.uniform([count]), key.integers(below: 10, [count]),
                    key.integers(below: 1 << 31, [count]), key.permutation(golden.permutation.count),
                    key.normal([count]),
                ]
            }
            #expect(found[0].elements(as: UInt32.self) == golden.bits, "seed \(golden.seed)")
            #expect(golden.key.bits(count) == golden.bits, "seed \(golden.seed)")
            #expect(found[1].floats.map(\.bitPattern) == golden.uniform, "seed \(golden.seed)")
            #expect(found[2].elements(as: Int32.self) == golden.below10, "seed \(golden.seed)")
            #expect(found[3].elements(as: Int32.self) == golden.belowTwoToThe31, "seed \(golden.seed)")
            #expect(found[4].elements(as: Int32.self) == golden.permutation, "seed \(golden.seed)")
            #expect(
                golden.key.permutation(golden.permutation.count) == golden.permutation.map(Int.init),
                "seed \(golden.seed)"
            )
            #expect(found[5].floats.map(\.bitPattern) == golden.normal, "seed \(golden.seed)")
        }
    }

    @Test("normal numbers of the outermost words, and where the two polynomials meet, are frozen")
    func normalEdges() throws {
        let edges = try Golden.read().random.edges
        // The inside of `normal`, from given words.
        let program = try Program.trace([Port("words", TensorType(.u32, [edges.count]))]) { inputs in
            ["normal": Key.normal(ofWords: inputs[0])]
        }
        let found = try CompiledProgram(program).run([TensorValue(edges.map(\.word))])[0].floats
        for (edge, number) in zip(edges, found) {
            #expect(number.bitPattern == edge.normal, "word \(edge.word): \(number)")
            #expect(number.isFinite && abs(number) < 5.5)
        }
    }

    @Test("draws fill shapes in row-major order")
    func shapes() throws {
        let found = try run(RandomKey(seed: 3)) { [$0.bits([3, 5]), $0.bits([15]), $0.bits([]), $0.bits([0, 4])] }
        #expect(found[0].bytes == found[1].bytes && found[0].shape == [3, 5])
        #expect(found[2].elements(as: UInt32.self) == Array(found[1].elements(as: UInt32.self).prefix(1)))
        #expect(found[3].bytes.isEmpty && found[3].shape == [0, 4])
    }

    @Test("splitting in lanes and in loops equals splitting outside")
    func splitting() throws {
        let count = 6
        let key = RandomKey(seed: 99)
        let program = try Program.trace([keyPort]) { inputs in
            let key = Key(inputs[0])
            let indices = inputs[0].iota(.i32, [count], axis: 0)
            let draw = { (child: Key) in Pair(child.child(2)["draw"].uniform([3]), child.permutation(7)) }
            let lanes = vmap(indices) { draw(key.child($0)) }
            let loop = scan(key.tensor, over: indices) { carry, index in (carry, draw(Key(carry).child(index))) }
            let outside = (0..<count).map { draw(key.child($0)) }
            let keys = vmap(concatenate((0..<count).map { key.child($0).tensor.reshaped([1, 2]) }, axis: 0)) {
                draw(Key($0))
            }
            return [
                "lanes": lanes.first, "loop": loop.outputs.first, "keys": keys.first,
                "outside": concatenate(outside.map { $0.first.reshaped([1, 3]) }, axis: 0),
                "lanes order": lanes.second, "loop order": loop.outputs.second, "keys order": keys.second,
                "outside order": concatenate(outside.map { $0.second.reshaped([1, 7]) }, axis: 0),
            ]
        }
        let found = try CompiledProgram(program).run([key.value])
        for index in 0..<3 {
            #expect(found[index] == found[3], "\(program.outputs[index].name)")
            #expect(found[4 + index] == found[7], "\(program.outputs[4 + index].name)")
        }
        for index in 0..<count {
            let expected = key.child(index).child(2).child("draw").bits(3).map { Float($0 >> 8) * 0x1p-24 }
            #expect(Array(found[3].floats[(3 * index)..<(3 * index + 3)]) == expected)
        }
    }

    @Test("a bound that no i32 can keep is a mistake of the program")
    func bounds() {
        for bound in [0, -1, (1 << 31) + 1, Int.max, Int.min] {
            let error = #expect(throws: TraceError.self) {
                try Program.trace([keyPort]) { ["x": Key($0[0]).integers(below: bound, [2])] }
            }
            #expect(error?.shape.reason == "there is no random number of 0..<\(bound) in an i32")
        }
        #expect(throws: TraceError.self) {
            try Program.trace([keyPort]) { ["x": Key($0[0]).bits([1 << 40, 1 << 40])] }
        }
    }
}
