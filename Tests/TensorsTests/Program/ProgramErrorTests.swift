import Tensors
import Testing

/// A program of one function.
private func single(
    parameters: [TensorType] = [TensorType(.f32, [2])],
    _ nodes: [FlatProgram.FlatNode] = [],
    results: [Int] = [],
    inputs: [String]? = nil
) -> FlatProgram {
    FlatProgram(
        inputs: inputs ?? parameters.indices.map { "\($0)" },
        outputs: results.indices.map { "\($0)" },
        functions: [.init(parameters: parameters, nodes: nodes, results: results)]
    )
}

private func node(
    _ primitive: String,
    _ operands: [Int] = [],
    _ attributes: [FlatProgram.FlatAttribute] = []
) -> FlatProgram.FlatNode {
    FlatProgram.FlatNode(primitive: primitive, operands: operands, attributes: attributes)
}

/// A loop whose body is a function of the table.
private func loop(_ body: Int, length: Int = 2, carries: Int = 1) -> FlatProgram.FlatNode {
    node(
        "scan",
        Array(0..<carries),
        [
            .init(name: "length", value: .integers([length])), .init(name: "constants", value: .integers([0])),
            .init(name: "carries", value: .integers([carries])), .init(name: "reverse", value: .integers([0])),
            .init(name: "body", value: .function(body)),
        ]
    )
}

@Suite("Programs that are refused")
struct ProgramErrorTests {
    @Test("a refusal says what is wrong, and where")
    func texts() {
        let dimension = FlatProgram.FlatAttribute(name: "dimension", value: .integers([1]))
        let cases: [(FlatProgram, String)] = [
            (FlatProgram(inputs: [], outputs: [], functions: []), "function table: is empty"),
            (single([node("ad")]), "node 0: there is no primitive 'ad'"),
            (
                single([node("negate", [0]), node("add", [0, 2])]),
                "node 1 (add) refers to value 2, but only values below 2 exist before it"
            ),
            (
                single([node("negate", [-1])]),
                "node 0 (negate) refers to value -1, but only values below 1 exist before it"
            ),
            (single(results: [1]), "value 1 is returned, but only values below 1 exist"),
            (
                single([node("negate", [0]), node("argmax", [0], [dimension])]),
                "node 1: argmax(f32[2]): takes numbers with 1 to 2147483647 elements along axis 1"
            ),
            (
                single([node("negate", [0], [dimension])]),
                "node 0: negate has the attributes [dimension], expected []"
            ),
            (
                single([node("argmax", [0], [.init(name: "dimension", value: .integers([-1]))])]),
                "node 0: argmax 'dimension' must be a list of integers in 0...255"
            ),
            (
                single([node("argmax", [0], [.init(name: "dimension", value: .integers([0, 0]))])]),
                "node 0: argmax 'dimension' must be one integer in 0...255"
            ),
            (
                single([node("argmax", [0], [.init(name: "dimension", value: .bytes([0]))])]),
                "node 0: argmax 'dimension' must be a list of integers in 0...255"
            ),
            (
                single([node("convert", [0], [.init(name: "element", value: .integers([7]))])]),
                "node 0: convert 'element' is 7, which is no element type"
            ),
            (single([loop(0)]), "function table: node 0 refers to function 0, which does not stand before it"),
            (single(inputs: ["a", "b"]), "ports: 2 inputs and 0 outputs are named, but the function has 1 and 0"),
            (
                single(parameters: [TensorType(.f32, []), TensorType(.f32, [])], inputs: ["a", "a"]),
                "ports: the names [a, a] are not distinct"
            ),
            (
                single(parameters: [TensorType(.f64, [1 << 40, 1 << 8])]),
                "parameter 0 of type f64[1099511627776, 256] is too large for any machine"
            ),
            (
                single(parameters: [TensorType(.u8, Shape([Int](repeating: 1, count: 17)))]),
                "parameter 0 of type u8[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] has more than 16 axes"
            ),
        ]
        for (flat, text) in cases {
            let error = #expect(throws: ProgramError.self) { try Program(flat) }
            #expect(error?.description == text)
        }
    }

    @Test("a mistake in one of several functions names the function")
    func functionNames() {
        let body = FlatProgram.FlatFunction(
            parameters: [TensorType(.f32, [2])],
            nodes: [node("negat", [0])],
            results: [1]
        )
        var flat = single([loop(0)], results: [1])
        flat.functions.insert(body, at: 0)
        let error = #expect(throws: ProgramError.self) { try Program(flat) }
        #expect(error == .function(0, .unknownPrimitive("negat", node: 0)))
        #expect(error?.description == "function 0: node 0: there is no primitive 'negat'")
        flat.functions[0].nodes = [node("negate", [0])]
        flat.functions[1].nodes = [loop(0, length: -1)]
        let second = #expect(throws: ProgramError.self) { try Program(flat) }
        #expect(
            second?.description
                == "function 1: node 0: scan 'length' must be a list of integers in 0...1099511627776"
        )
    }

    @Test("references forward, to itself and out of the table are refused")
    func references() {
        for reference in [0, 1, 2, -1, Int.max, Int.min] {
            var flat = single([loop(reference)], results: [1])
            flat.functions.append(flat.functions[0])
            #expect(throws: ProgramError.self, "\(reference)") { try Program(flat) }
        }
    }

    @Test("sizes whose product overflows, or only fits since one is zero, are refused wherever they come in")
    func hugeSizes() {
        let huge: [[Int]] = [[1 << 40, 1 << 40], [0, 1 << 40, 1 << 40], [1 << 40, 1 << 40, 0]]
        for sizes in huge {
            let shape = FlatProgram.FlatAttribute(name: "shape", value: .integers(sizes))
            let element = FlatProgram.FlatAttribute(name: "element", value: .integers([1]))
            let axes = FlatProgram.FlatAttribute(name: "broadcast_dimensions", value: .integers([]))
            let scalar = TensorType(.f32, [])
            let empty = TensorType(.f32, [0])
            let cases = [
                single(parameters: [TensorType(.f32, Shape(sizes))]),
                single(parameters: [scalar], [node("broadcast_in_dim", [0], [shape, axes])]),
                single(parameters: [empty], [node("reshape", [0], [shape])]),
                single([node("iota", [], [element, shape, .init(name: "iota_dimension", value: .integers([0]))])]),
                single([node("constant", [], [element, shape, .init(name: "value", value: .bytes([]))])]),
            ]
            for flat in cases { #expect(throws: ProgramError.self, "\(sizes)") { try Program(flat) } }
        }
        // A sum of sizes that overflows.
        let large = TensorType(.u8, [1 << 50])
        let joined = node(
            "concatenate",
            [Int](repeating: 0, count: 1 << 14),
            [.init(name: "dimension", value: .integers([0]))]
        )
        #expect(throws: ProgramError.self) { try Program(single(parameters: [large], [joined])) }
        // Nested sizes: a loop that stacks what is large already.
        var flat = single(parameters: [large], [loop(0, length: 1 << 40, carries: 0)])
        flat.functions[0].nodes[0].operands = []
        let draw = FlatProgram.FlatFunction(
            parameters: [],
            nodes: [
                node(
                    "iota",
                    [],
                    [
                        .init(name: "element", value: .integers([5])),
                        .init(name: "shape", value: .integers([1 << 40])),
                        .init(name: "iota_dimension", value: .integers([0])),
                    ]
                )
            ],
            results: [0]
        )
        flat.functions.insert(draw, at: 0)
        let error = #expect(throws: ProgramError.self) { try Program(flat) }
        #expect(error?.description.hasSuffix("is too large for any machine") == true)
    }

    @Test("functions inside one another are accepted to a depth of 64 and refused beyond")
    func depth() throws {
        let type = TensorType(.f32, [2])
        func chain(_ count: Int) -> FlatProgram {
            let inner = FlatProgram.FlatFunction(parameters: [type], nodes: [node("negate", [0])], results: [1])
            let outer = (1..<count).map { index in
                FlatProgram.FlatFunction(parameters: [type], nodes: [loop(index - 1)], results: [1])
            }
            return FlatProgram(inputs: ["x"], outputs: ["y"], functions: [inner] + outer)
        }
        let deep = try Program(chain(64))
        #expect(deep.flat == chain(64))
        for count in [65, 1000, 4096] {
            let error = #expect(throws: ProgramError.self) { try Program(chain(count)) }
            #expect(error == .function(64, .limit("more than 64 functions inside one another")))
        }
        let error = #expect(throws: ProgramError.self) { try Program(chain(4097)) }
        #expect(error?.description == "limit: 4097 functions, and at most 4096 are allowed")
    }

    @Test("a small table that stands for more nodes or results than allowed is refused at once")
    func expansion() {
        let type = TensorType(.f32, [2])
        // Each function refers twice to the one before: 2ⁿ nodes.
        var doubling: [FlatProgram.FlatFunction] = [
            .init(parameters: [type], nodes: [node("negate", [0])], results: [1])
        ]
        for index in 0..<40 {
            let second = FlatProgram.FlatNode(
                primitive: "scan",
                operands: [1],
                attributes: loop(index).attributes
            )
            doubling.append(.init(parameters: [type], nodes: [loop(index), second], results: [2]))
        }
        let flat = FlatProgram(inputs: ["x"], outputs: ["y"], functions: doubling)
        let error = #expect(throws: ProgramError.self) { try Program(flat) }
        #expect(error?.description.contains("limit: more than 1000000 nodes and results") == true)

        // A body of 100,000 results, in 100 loops: ten million values.
        let many = FlatProgram.FlatFunction(
            parameters: [type],
            nodes: [],
            results: [Int](repeating: 0, count: 100_000)
        )
        let loops = [FlatProgram.FlatNode](repeating: loop(0), count: 100)
        let wide = FlatProgram(
            inputs: ["x"],
            outputs: ["y"],
            functions: [many, .init(parameters: [type], nodes: loops, results: [0])]
        )
        let second = #expect(throws: ProgramError.self) { try Program(wide) }
        #expect(second == .function(1, .limit("more than 1000000 nodes and results")))
    }

    @Test("literals are limited, whole, and truthful")
    func literals() {
        func constant(_ element: Int, _ sizes: [Int], _ bytes: [UInt8]) -> FlatProgram {
            single(
                parameters: [],
                [
                    node(
                        "constant",
                        [],
                        [
                            .init(name: "element", value: .integers([element])),
                            .init(name: "shape", value: .integers(sizes)), .init(name: "value", value: .bytes(bytes)),
                        ]
                    )
                ]
            )
        }
        let cases: [(FlatProgram, String)] = [
            (
                constant(5, [4097], [UInt8](repeating: 0, count: 4097)),
                "has 4097 bytes, and at most 4096 are allowed; make it an input"
            ),
            (constant(1, [2], [0, 0, 0, 0]), "has 4 bytes for f32[2]"),
            (constant(6, [2], [1, 2]), "has truth values other than 0 and 1"),
        ]
        for (flat, reason) in cases {
            let error = #expect(throws: ProgramError.self) { try Program(flat) }
            #expect(error?.description == "node 0: constant(): \(reason)")
        }
        #expect(throws: Never.self) { try Program(constant(5, [4096], [UInt8](repeating: 0, count: 4096))) }
    }
}
