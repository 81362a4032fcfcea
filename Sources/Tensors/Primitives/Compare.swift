/// Whether a stands to b as asked, element by element. Comparisons with NaN are false, but for `notEqual`. (StableHLO
/// `compare`)
package struct Compare: Discrete {
    /// The relation that is asked for; the numbers are part of canonical bytes.
    package enum Direction: Int, CaseIterable, Sendable {
        case equal = 0
        case notEqual = 1
        case less = 2
        case lessOrEqual = 3
        case greater = 4
        case greaterOrEqual = 5
    }

    package static let name = "compare"
    package let direction: Direction
    package init(_ direction: Direction) { self.direction = direction }

    package var attributes: [Attribute] { [Attribute("comparison_direction", direction.rawValue)] }

    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: ["comparison_direction"])
        let number = try reader.integer("comparison_direction", in: 0...(Direction.allCases.count - 1))
        guard let direction = Direction(rawValue: number) else {
            throw .attribute(primitive: Self.name, "has no direction \(number)")
        }
        self.init(direction)
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 2, operands[0] == operands[1] else {
            throw ShapeError(Self.name, operands, "takes two operands of one type")
        }
        return [TensorType(.bool, operands[0].shape)]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        Trace.apply(self, operands.map { $0.spread(over: lanes) }).map { Batched($0, hasLanes: true) }
    }
}
