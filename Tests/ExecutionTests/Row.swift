import TestSupport

@testable import Execution
@testable import Tensors

/// One primitive of the table of tests: how random cases of it are made.
struct Row: Sendable {
    /// What a case is for, which decides its numbers.
    enum Purpose {
        /// Comparison with the reference: any element type, any bits, any shape.
        case values
        /// Differences: `f32`, few elements, nothing near a kink.
        case derivatives
    }

    struct Case {
        var primitive: any Primitive
        var operands: [TensorValue]
        var tolerance = Tolerance.exact
    }

    let name: String
    let make: @Sendable (inout Seeded, Purpose) -> Case

    init(_ type: any Primitive.Type, _ make: @escaping @Sendable (inout Seeded, Purpose) -> Case) {
        name = type.name
        self.make = make
    }

    /// An element-wise primitive, as accurate as the table says.
    init<Rule: Elementwise>(_ rule: Rule.Type, _ numbers: Numbers = .any, near: Numbers = .apart) {
        self.init(rule) { random, purpose in
            let elements = ElementType.allCases.filter(Rule.domain.contains)
            let isSmooth = purpose == .derivatives && Rule.domain.contains(.f32)
            let element = isSmooth ? .f32 : random.pick(elements)
            let shape = purpose == .values ? random.shape() : random.smallShape()
            return Case(
                primitive: rule.init(),
                operands: (0..<Rule.arity).map { _ in
                    random.value(TensorType(element, shape), purpose == .values ? numbers : near)
                },
                tolerance: Self.tolerance(of: rule, element)
            )
        }
    }

    /// As the table says of an element-wise primitive.
    static func tolerance(of rule: any Primitive.Type, _ element: ElementType) -> Tolerance {
        switch Accuracy.table[rule.name] {
        // In Double the C library's function is off by less than a unit itself.
        case .units(let single, let double): .ulps(element == .f32 ? single : double + 1)
        // The reference rounds these twice: to Double, then to f32.
        case .rounded: rule is Divide.Type || rule is FusedMultiplyAdd.Type ? .ulps(0.501) : .exact
        default: .exact
        }
    }

    /// A reduction.
    init<Rule: Reduction>(
        _ rule: Rule.Type,
        near: Numbers = .plain,
        _ tolerance: @escaping @Sendable (Int) -> Tolerance
    ) {
        self.init(rule) { random, purpose in
            let type = random.type(for: purpose, of: .numbers)
            let axes = (0..<type.shape.rank).filter { _ in random.oneIn(2) }
            let count = axes.map { type.shape[$0] }.reduce(1, *)
            return Case(
                primitive: Rule(dimensions: axes),
                operands: [random.value(type, near)],
                tolerance: tolerance(count)
            )
        }
    }
}

extension Seeded {
    /// A type that suits the purpose.
    mutating func type(
        for purpose: Row.Purpose,
        of elements: Set<ElementType> = .all,
        rank: ClosedRange<Int> = 0...3
    ) -> TensorType {
        guard purpose == .values else { return TensorType(.f32, smallShape(rank: rank)) }
        let element = pick(ElementType.allCases.filter(elements.contains))
        var shape = shape()
        while !rank.contains(shape.rank) && shape.rank < rank.lowerBound { shape = self.shape() }
        return TensorType(element, shape)
    }

    /// `count` sizes, at times an empty or a long one.
    mutating func sizes(_ count: Int, _ purpose: Row.Purpose) -> [Int] {
        (0..<count).map { _ in
            guard purpose == .values else { return integer(1...2) }
            return oneIn(30) ? 0 : oneIn(8) ? integer(15...40) : integer(1...4)
        }
    }
}

extension Primitive {
    /// The results on tensors of a trace; what takes no operand is written into the first one's trace.
    func applied(to operands: [Tensor], taking count: Int) -> [Tensor] {
        count == 0 ? operands[0].trace.apply(self, []) : Trace.apply(self, operands)
    }
}

extension Row.Case {
    /// The types of the inputs of its programs; a primitive without operands gets a number to tell its program.
    var inputs: [TensorValue] { operands.isEmpty ? [TensorValue(scalar: Float(0))] : operands }

    /// Its results, as tensors of a trace.
    func results(_ inputs: [Tensor]) -> [Tensor] { primitive.applied(to: inputs, taking: operands.count) }
}

extension Program {
    /// A program of unnamed inputs and outputs.
    static func of(_ types: [TensorType], _ body: ([Tensor]) -> [Tensor]) throws -> Program {
        try trace(types.enumerated().map { Port("\($0.offset)", $0.element) }) { inputs in
            body(inputs).enumerated().map { (name: "\($0.offset)", tensor: $0.element) }
        }
    }
}
