extension Program {
    /// The program for people: inputs, one line for each node, outputs.
    ///
    /// A value is `%` and its number. A node's line gives the values that it makes, the operator with its operands, its
    /// static parameters, and the types of what it makes; the body of a loop follows, indented, with numbers of its own.
    public var text: String {
        var lines = ["program \(hash)"]
        for (number, input) in inputs.enumerated() { lines.append("input %\(number): \(input.type) \(input.name)") }
        lines += function.lines(indentation: "")
        for (output, value) in zip(outputs, function.results) {
            lines.append("output %\(value): \(output.type) \(output.name)")
        }
        return lines.joined(separator: "\n")
    }

    /// The nodes of all functions, those inside others included.
    public var nodeCount: Int { function.nodeCount }
}

extension Function {
    /// The nodes, those of the bodies inside included, each once.
    package var nodeCount: Int {
        nodes.reduce(nodes.count) { count, node in
            count + node.primitive.bodies.map(\.nodeCount).reduce(0, +)
        }
    }

    fileprivate func lines(indentation: String) -> [String] {
        func values(_ numbers: some Sequence<Int>) -> String { numbers.map { "%\($0)" }.joined(separator: ", ") }
        var lines: [String] = []
        for (node, first) in zip(nodes, firstResults) {
            let results = values(first..<(first + node.results.count))
            let attributes = node.primitive.attributeText.map { " " + $0 }.joined()
            let types = node.results.map(\.description).joined(separator: ", ")
            lines.append(
                "\(indentation)\(results) = \(node.primitive.name)(\(values(node.operands)))\(attributes): \(types)"
            )
            for body in node.primitive.bodies {
                let inner = indentation + "    "
                for (number, type) in body.parameters.enumerated() { lines.append("\(inner)takes %\(number): \(type)") }
                lines += body.lines(indentation: inner)
                lines.append("\(inner)returns \(values(body.results))")
            }
        }
        return lines
    }
}

extension Primitive {
    /// The bodies that it runs.
    package var bodies: [Function] {
        attributes.compactMap { attribute in
            guard case .function(let function) = attribute.value else { return nil }
            return function
        }
    }

    /// What a line says of the static parameters, bodies excepted.
    fileprivate var attributeText: [String] {
        // The type stands at the end of the line anyhow.
        if let constant = self as? Constant { return [constant.text] }
        return attributes.compactMap { attribute in
            guard case .integers(let integers) = attribute.value else { return nil }
            let list = integers.map(String.init).joined(separator: ", ")
            return "\(attribute.name)=\(integers.count == 1 ? list : "[\(list)]")"
        }
    }
}

extension Constant {
    /// The first numbers.
    fileprivate var text: String {
        guard let value = TensorValue(type: type, bytes: bytes) else { return "?" }
        let most = 8
        func list<Element: TensorElement>(_ elements: [Element]) -> String {
            let shown = elements.prefix(most).map { "\($0)" }.joined(separator: ", ")
            if type.shape.rank == 0 { return shown }
            return "[\(shown)\(elements.count > most ? ", …" : "")]"
        }
        return switch type.element {
        case .f32: list(value.elements(as: Float.self))
        case .f64: list(value.elements(as: Double.self))
        case .i32: list(value.elements(as: Int32.self))
        case .u32: list(value.elements(as: UInt32.self))
        case .u8, .bool: list(value.elements(as: UInt8.self))
        }
    }
}
