import Tensors
import TestSupport
import Testing

@testable import Wire

@Suite("Programs as bytes", .timeLimit(.minutes(1)))
struct ProgramCodingTests {
    @Test("a program comes back the same, with the same hash")
    func roundTrip() throws {
        for seed in 0..<400 as Range<UInt64> {
            let program = Self.program(seed: seed)
            let bytes = try program.encoded()
            let decoded = try FlatProgram(decoding: bytes)
            #expect(decoded == program, "seed \(seed)")
            #expect(decoded.canonicalBytes == program.canonicalBytes, "seed \(seed)")
            #expect(try decoded.encoded() == bytes, "seed \(seed)")
        }
    }

    @Test("a program that was traced is the same program after its journey")
    func traced() throws {
        let program = try Program.trace([Port("größe", TensorType(.f32, [3])), Port("b", TensorType(.f32, [3]))]) {
            ["y": $0[0] * $0[1] + $0[0]]
        }
        let again = try Program(FlatProgram(decoding: program.flat.encoded()))
        #expect(again == program && again.hash == program.hash)
    }

    @Test("every beginning, and every bit turned, gives a program or an error that names a place in it")
    func corruption() throws {
        for seed in 0..<12 as Range<UInt64> {
            var bytes = try Self.program(seed: seed, size: 2).encoded()
            for count in 0..<bytes.count { Self.check(Array(bytes[..<count]), "seed \(seed), \(count) bytes") }
            for bit in 0..<min(bytes.count, 2_000) * 8 {
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                Self.check(bytes, "seed \(seed), bit \(bit)")
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            }
        }
    }

    @Test("programs that were mutated, and random bytes, give a program or an error")
    func mutations() throws {
        for seed in 0..<3_000 as Range<UInt64> {
            var random = Seeded(seed)
            var bytes = try Self.program(seed: seed % 50).encoded()
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let start = Int.random(in: 0..<bytes.count, using: &random)
                let end = min(start + Int.random(in: 1...60, using: &random), bytes.count)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.removeSubrange(start..<end)
                case 1: bytes.insert(contentsOf: bytes[start..<end], at: Int.random(in: 0...start, using: &random))
                default: bytes[start] = UInt8.random(in: 0...255, using: &random)
                }
            }
            Self.check(bytes, "seed \(seed)")
            Self.check((0..<seed % 64).map { _ in UInt8.random(in: 0...255, using: &random) }, "bytes of seed \(seed)")
        }
    }

    /// Bytes with a mistake, and its error.
    static let mistakes: [(bytes: [UInt8], error: WireError)] = [
        (
            [UInt8](repeating: 0, count: WireLimits.program + 1),
            .tooLarge("program", bytes: WireLimits.program + 1, limit: WireLimits.program)
        ),
        // Sixteen mebibytes of empty functions would become a gigabyte of structures.
        (
            [UInt8](repeatElement([26, 0], count: WireLimits.program / 2).joined()),
            .tooMany("program", limit: WireLimits.programFields)
        ),
        (
            Protobuf { $0.message(3) { $0.data(3, [UInt8](repeating: 1, count: WireLimits.programFields)) } }.bytes,
            .tooMany("program.functions.results", limit: WireLimits.programFields)
        ),
        (
            Protobuf { $0.text(1, String(repeating: "n", count: 257)) }.bytes,
            .tooLarge("program.inputs[0]", bytes: 257, limit: 256)
        ),
        (
            Protobuf {
                $0.text(2, "o"); $0.data(2, [255])
            }.bytes,
            .field("program.outputs[1]", "is not UTF-8")
        ),
        (Protobuf { $0.data(1, [0]) }.bytes, .field("program.inputs", "contains a zero character")),
        (
            Protobuf { $0.message(3) { $0.data(1, []) } }.bytes,
            .field("program.functions[0].parameters[0].element", "is 0, which is no element type")
        ),
        (
            Protobuf { $0.message(3) { $0.message(2) { $0.data(1, [255]) } } }.bytes,
            .field("program.functions[0].nodes[0].primitive", "is not UTF-8")
        ),
        (
            Protobuf { $0.message(3) { $0.message(2) { $0.message(3) { $0.text(1, "axes") } } } }.bytes,
            .field("program.functions[0].nodes[0].attributes[0].axes", "has no value")
        ),
        (
            Protobuf { $0.message(3) { $0.packed(3, [0, 1 << 32]) } }.bytes,
            .field("program.functions.results", "holds 4294967296, which does not fit")
        ),
        (
            Protobuf {
                $0.message(3) {
                    $0.message(2) {
                        $0.message(3) {
                            $0.data(3, []); $0.number(4, 1)
                        }
                    }
                }
            }.bytes,
            .field("program.functions.nodes.attributes.function", "excludes another field")
        ),
        ([10], .field("program", "ends inside a length")),
    ]

    @Test("a mistake is refused, and its place is named", arguments: 0..<mistakes.count)
    func mistake(index: Int) {
        #expect(throws: Self.mistakes[index].error) { try FlatProgram(decoding: Self.mistakes[index].bytes) }
    }

    @Test("what could not be read back is not written")
    func sending() {
        func program(_ change: (inout FlatProgram) -> Void) -> FlatProgram {
            var program = FlatProgram(inputs: ["x"], outputs: ["y"], functions: [])
            change(&program)
            return program
        }
        func function(operands: [Int] = [], results: [Int] = [], bytes: [UInt8] = []) -> FlatProgram {
            let constant = FlatProgram.FlatAttribute(name: "bytes", value: .bytes(bytes))
            let node = FlatProgram.FlatNode(primitive: "p", operands: operands, attributes: [constant])
            return program { $0.functions = [.init(parameters: [], nodes: [node], results: results)] }
        }
        let mistakes: [(FlatProgram, WireError)] = [
            (program { $0.inputs = ["a\0b"] }, .field("program.inputs[0]", "contains a zero character")),
            (
                program { $0.outputs = ["o", String(repeating: "n", count: 257)] },
                .tooLarge("program.outputs[1]", bytes: 257, limit: 256)
            ),
            (function(operands: [-1]), .field("program.functions[0].nodes[0].operands", "cannot be -1")),
            (function(results: [1 << 32]), .field("program.functions[0].results", "cannot be 4294967296")),
            (
                function(results: [Int](repeating: 0, count: 1 << 20)),
                .tooMany("program.functions.results", limit: 1 << 20)
            ),
            (
                function(bytes: [UInt8](repeating: 0, count: 1 << 24)),
                .tooLarge("program", bytes: (1 << 24) + 36, limit: 1 << 24)
            ),
        ]
        for (program, error) in mistakes { #expect(throws: error) { try program.encoded() } }
    }

    @Test("a program of nearly 16 MiB travels")
    func largest() throws {
        let constant = FlatProgram.FlatAttribute(name: "bytes", value: .bytes(Sample.bytes((1 << 24) - 100)))
        let node = FlatProgram.FlatNode(primitive: "constant", operands: [], attributes: [constant])
        let program = FlatProgram(
            inputs: [],
            outputs: [],
            functions: [.init(parameters: [], nodes: [node], results: [])]
        )
        #expect(try FlatProgram(decoding: program.encoded()) == program)
    }

    private static func check(_ bytes: [UInt8], _ story: @autoclosure () -> String) {
        let program: FlatProgram
        do throws(WireError) {
            program = try FlatProgram(decoding: bytes)
        } catch {
            switch error {
            case .tooLarge(let field, _, _), .tooMany(let field, _), .field(let field, _):
                if field == "program" || field.hasPrefix("program.") { return }
            default: break
            }
            Issue.record("\(story()): \(error)")
            return
        }
        do throws(WireError) {
            if try FlatProgram(decoding: program.encoded()) != program { Issue.record("\(story()): became another") }
        } catch {
            Issue.record("\(story()): was accepted, but not again: \(error)")
        }
        // What it means is checked next, and must not trap either.
        _ = try? Program(program)
    }

    /// A program of random parts, which seldom makes sense.
    private static func program(seed: UInt64, size: Int = 5) -> FlatProgram {
        var random = Seeded(seed)
        func list<Item>(_ item: (inout Seeded) -> Item) -> [Item] {
            (0..<Int.random(in: 0...size, using: &random)).map { _ in item(&random) }
        }
        func numbers() -> [Int] { list { Sample.number(0...Int(UInt32.max), using: &$0) } }
        func attribute() -> FlatProgram.FlatAttribute {
            let name = Sample.text(upTo: 256, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: return .init(name: name, value: .integers(list { Sample.number(Int.min...Int.max, using: &$0) }))
            case 1: return .init(name: name, value: .bytes(Sample.bytes(Int.random(in: 0...40, using: &random))))
            default: return .init(name: name, value: .function(Int.random(in: 0...5, using: &random)))
            }
        }
        let functions = (0..<Int.random(in: 0...size, using: &random)).map { _ in
            let parameters = list { Sample.type(using: &$0) }
            let nodes = (0..<Int.random(in: 0...size, using: &random)).map { _ in
                let name = random.oneIn(2) ? "add" : Sample.text(upTo: 256, using: &random)
                let attributes = (0..<Int.random(in: 0...3, using: &random)).map { _ in attribute() }
                return FlatProgram.FlatNode(primitive: name, operands: numbers(), attributes: attributes)
            }
            return FlatProgram.FlatFunction(parameters: parameters, nodes: nodes, results: numbers())
        }
        return FlatProgram(
            inputs: list { Sample.text(upTo: 256, using: &$0) },
            outputs: list { Sample.text(upTo: 256, using: &$0) },
            functions: functions
        )
    }
}
