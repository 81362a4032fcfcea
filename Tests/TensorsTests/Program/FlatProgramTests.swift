import Tensors
import Testing

@Suite("Programs as they travel")
struct FlatProgramTests {
    @Test("canonical bytes and their hash are those of the description")
    func goldenBytes() throws {
        for (name, golden) in try Golden.read().programs {
            #expect(golden.flat.canonicalBytes == golden.bytes, "\(name)")
            let program = try Program(golden.flat)
            #expect(program.hash.description == golden.hash, "\(name)")
            #expect(program.flat == golden.flat, "\(name)")
            #expect(program.flat.canonicalBytes == golden.bytes, "\(name)")
        }
    }

    @Test("the golden programs have every primitive, every kind of attribute, and loops in loops")
    func goldenCoverage() throws {
        let flat = try #require(try Golden.read().programs["every primitive"]).flat
        let names = Set(flat.functions.flatMap(\.nodes).map(\.primitive))
        #expect(names == Set(PrimitiveTable.all.map { $0.name }))
        #expect(PrimitiveTable.all.count == Set(PrimitiveTable.all.map { $0.name }).count)
        let kinds = Set(
            flat.functions.flatMap(\.nodes).flatMap(\.attributes).map { attribute in
                switch attribute.value {
                case .integers: 0
                case .bytes: 1
                case .function: 2
                }
            }
        )
        #expect(kinds == [0, 1, 2])
        #expect(flat.functions.count == 3)
    }

    @Test("the flat form of random programs is the same program again")
    func roundTrips() throws {
        var used: Set<String> = []
        for seed in 0..<400 as Range<UInt64> {
            let program = try RandomProgram.traced(seed: seed)
            let flat = program.flat
            let again = try Program(flat)
            #expect(again == program, "seed \(seed)")
            #expect(again.hash == program.hash && again.flat == flat, "seed \(seed)")
            #expect(program.hash == Hash(of: flat.canonicalBytes), "seed \(seed)")
            used.formUnion(flat.functions.flatMap(\.nodes).map(\.primitive))
        }
        #expect(used == Set(PrimitiveTable.all.map { $0.name }), "the random programs have every primitive")
    }

    @Test("whatever differs gives another hash")
    func hashes() throws {
        var known: [Hash: FlatProgram] = [:]
        for seed in 0..<400 as Range<UInt64> {
            let flat = try RandomProgram.traced(seed: seed).flat
            var variants = [flat]
            variants.append(flat)
            variants[1].outputs[0] += "'"
            for variant in variants {
                let hash = try Program(variant).hash
                if let other = known[hash] { #expect(other == variant, "seed \(seed)") }
                known[hash] = variant
            }
        }
        #expect(known.count > 600)
    }

    @Test("a function is one row of the table however often it is used, and one that nobody uses is left out")
    func canonicalTable() throws {
        let flat = try #require(try Golden.read().programs["every primitive"]).flat
        // The same program with the inner body written twice, and a function of no use in front.
        var long = flat
        long.functions.insert(.init(parameters: [], nodes: [], results: []), at: 0)
        long.functions.insert(flat.functions[0], at: 1)
        for (function, first) in [(3, 2), (4, 3)] {
            for (node, value) in long.functions[function].nodes.enumerated() {
                for (index, attribute) in value.attributes.enumerated() {
                    guard case .function(let old) = attribute.value else { continue }
                    long.functions[function].nodes[node].attributes[index].value = .function(
                        old == 0 ? 1 : first + old - 1
                    )
                }
            }
        }
        // In one place the second copy of the inner body.
        long.functions[3].nodes[0].attributes[4].value = .function(2)
        #expect(long != flat)
        let program = try Program(long)
        #expect(program.flat == flat)
        #expect(program.hash == (try Program(flat)).hash)
    }
}
