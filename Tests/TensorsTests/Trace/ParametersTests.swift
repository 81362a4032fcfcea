import Tensors
import Testing

private func trace(_ body: ([Tensor]) -> [(name: String, tensor: Tensor)]) throws -> Program {
    try Program.trace(["a", "b", "c"].map { Port($0, TensorType(.f32, [2])) }, body)
}

@Suite("Named tensors")
struct ParametersTests {
    @Test("names keep the order in which they came, and a name that is there keeps its place")
    func order() throws {
        _ = try trace { inputs in
            var parameters = Parameters()
            parameters["w"] = inputs[0]
            parameters["b"] = inputs[1]
            parameters["w"] = inputs[2]
            #expect(parameters.names == ["w", "b"])
            return parameters.outputs
        }
        let program = try trace { inputs in
            var parameters = Parameters(names: ["w", "b"], tensors: [inputs[0], inputs[1]])
            parameters["w"] = inputs[2]
            return parameters.outputs
        }
        #expect(program.outputs.map(\.name) == ["w", "b"] && program.function.results == [2, 1])
    }

    @Test("what lies below a path is what was added there, and nothing that only begins alike")
    func paths() throws {
        let program = try trace { inputs in
            var parameters = Parameters(names: ["layers.10.w"], tensors: [inputs[2]])
            parameters.add(Parameters(names: ["w", "sub.b"], tensors: [inputs[0], inputs[1]]), below: "layers.1")
            #expect(parameters.names == ["layers.10.w", "layers.1.w", "layers.1.sub.b"])
            let below = parameters.below("layers.1")
            #expect(below.names == ["w", "sub.b"])
            #expect(parameters.below("layers.1.sub").names == ["b"])
            #expect(parameters.below("layers").names == ["10.w", "1.w", "1.sub.b"])
            #expect(parameters.below("nothing").names.isEmpty)
            return [(name: "w", tensor: below["w"]), (name: "b", tensor: below["sub.b"])]
        }
        #expect(program.function.results == [0, 1])
    }

    @Test("groups of groups give their tensors in order and take others in the same order")
    func groups() throws {
        let program = try trace { inputs in
            let group = Pair(
                [inputs[0], inputs[1]],
                Pair(Parameters(names: ["p"], tensors: [inputs[2]]), Nothing())
            )
            #expect(group.tensors.count == 3)
            let turned = group.with(group.tensors.reversed())
            #expect(turned.second.first.names == ["p"])
            return turned.tensors.enumerated().map { (name: "\($0)", tensor: $1) }
        }
        #expect(program.function.results == [2, 1, 0])
    }

    @Test("a model's parameters go through gradients, lanes and loops by name")
    func transforms() throws {
        let program = try trace { inputs in
            let parameters = Parameters(names: ["w", "b"], tensors: [inputs[0], inputs[1]])
            let slope = gradient(at: parameters) { p in (p["w"] * inputs[2] + p["b"]).sum() }
            let next = parameters.zipped(with: slope) { $0 - $1 * 0.5 }.map { $0 * 2 }
            let loop = scan(next, count: 3) { p, _ in (p.map { $0 + 1 }, p) }
            let lanes = vmap(loop.outputs) { $0.map { $0.sum() } }
            #expect(slope.names == ["w", "b"] && loop.carry.names == ["w", "b"] && lanes.names == ["w", "b"])
            return lanes.outputs
        }
        #expect(program.outputs.map(\.type.shape) == [[3], [3]])
    }
}
