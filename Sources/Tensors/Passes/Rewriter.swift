/// A function while passes rewrite it: nodes are added one after another, each as simple as the rules make it.
///
/// A rule looks at a node about to be added, and at what its operands are computed by, which no rule can simplify further.
/// It adds what is to stand in the node's place, and returns that.
struct Rewriter {
    /// What may stand in a node's place: given the primitive and the numbers of its operands, the number of the one result,
    /// or nil if the rule does not apply.
    typealias Rule = @Sendable (inout Rewriter, any Primitive, [Int]) -> Int?

    /// Rules by the primitives that they look at.
    typealias Rules = [ObjectIdentifier: [Rule]]

    private struct Key: Hashable {
        let primitive: ObjectIdentifier
        let attributes: [Attribute]
        let operands: [Int]
    }

    let passes: Passes
    private let parameterCount: Int
    private let rules: [Rules]
    private(set) var types: [TensorType]
    private var nodes: [Node] = []
    private var firsts: [Int] = []
    /// The node that computes each value; −1 for parameters.
    private var producers: [Int]
    private var uses: [Int]
    private var known: [Key: Int] = [:]
    /// How many rules are at work, each on what the one before adds.
    private var depth = 0
    /// Where simplification stops: no program that somebody writes comes near it.
    private static let deepest = 32
    /// Whether anything is other than it was.
    private(set) var isChanged = false

    init(parameters: [TensorType], passes: Passes) {
        self.passes = passes
        parameterCount = parameters.count
        types = parameters
        producers = parameters.map { _ in -1 }
        uses = parameters.map { _ in 2 }
        var rules: [Rules] = []
        if passes.contains(.constantFolding) { rules.append(ConstantFolding.rules) }
        if passes.contains(.exactIdentities) { rules.append(ExactIdentities.rules) }
        if passes.contains(.dataMovement) { rules.append(DataMovement.rules) }
        if passes.contains(.algebraicIdentities) { rules += [AlgebraicIdentities.rules, LowRankUpdates.rules] }
        if passes.contains(.contraction) { rules.append(Contraction.rules) }
        if passes.contains(.finishedDerivatives) { rules.append(FinishedDerivatives.rules) }
        if passes.contains(.sharedFactors) { rules.append(SharedFactors.rules) }
        self.rules = rules
    }

    // MARK: What is there

    func type(_ value: Int) -> TensorType { types[value] }

    func shape(_ value: Int) -> Shape { types[value].shape }

    /// What a value is computed by and from, if by a primitive of this type.
    func node<P: Primitive>(_ value: Int, as _: P.Type = P.self) -> (primitive: P, operands: [Int])? {
        let producer = producers[value]
        guard producer >= 0, let primitive = nodes[producer].primitive as? P else { return nil }
        return (primitive, nodes[producer].operands)
    }

    /// What a value is computed by; nil for a parameter.
    func producer(_ value: Int) -> Node? { producers[value] < 0 ? nil : nodes[producers[value]] }

    /// Whether what asks is the only reader of a value: then it is not computed if it is not asked for.
    func isReadOnce(_ value: Int) -> Bool { uses[value] <= 1 }

    /// The one number that fills a value, as a scalar constant: through repetitions and reshapes.
    func filling(_ value: Int) -> Constant? {
        var value = value
        // Repetitions of repetitions are joined by a pass; where it is not done, a few are looked through.
        for _ in 0..<4 {
            guard let node = producer(value) else { return nil }
            if let constant = node.primitive as? Constant { return constant.filling }
            guard node.primitive is BroadcastInDim || node.primitive is Reshape else { return nil }
            value = node.operands[0]
        }
        return nil
    }

    /// The one number that fills a floating-point value.
    func number(_ value: Int) -> Double? { filling(value)?.number }

    // MARK: What is added

    /// Adds a node, or what rules put in its place.
    mutating func add(_ primitive: any Primitive, _ operands: [Int]) -> [Int] {
        let kind = ObjectIdentifier(Swift.type(of: primitive))
        if depth < Self.deepest {
            depth += 1
            defer { depth -= 1 }
            for rules in rules {
                for rule in rules[kind] ?? [] {
                    guard let result = rule(&self, primitive, operands) else { continue }
                    isChanged = true
                    return [result]
                }
            }
        }
        var key: Key?
        let attributes = passes.contains(.commonSubexpressions) ? primitive.attributes : []
        // Equal loops are rare, and a body is long to compare.
        if passes.contains(.commonSubexpressions), !(primitive is any HigherOrder) {
            let ordered = primitive is any Commutative ? operands.sorted() : operands
            let found = Key(primitive: kind, attributes: attributes, operands: ordered)
            if let index = known[found] {
                isChanged = true
                return Array(firsts[index]..<(firsts[index] + nodes[index].results.count))
            }
            key = found
        }
        let results: [TensorType]
        do throws(ShapeError) {
            results = try primitive.checkedResultTypes(of: operands.map { types[$0] })
        } catch {
            preconditionFailure("a rewriting broke a shape rule: \(error)")
        }
        if let key { known[key] = nodes.count }
        let first = types.count
        firsts.append(first)
        producers += results.map { _ in nodes.count }
        uses += results.map { _ in 0 }
        types += results
        nodes.append(Node(primitive: primitive, operands: operands, results: results))
        return Array(first..<types.count)
    }

    /// Adds a node with one result.
    mutating func make(_ primitive: any Primitive, _ operands: Int...) -> Int { add(primitive, operands)[0] }

    /// Adds a scalar constant, repeated if need be.
    mutating func constant(_ constant: Constant, filling shape: Shape) -> Int {
        let scalar = make(constant)
        return shape == constant.type.shape ? scalar : make(BroadcastInDim(to: shape, dimensions: []), scalar)
    }

    /// Notes that a value will be read so often.
    mutating func expect(_ count: Int, of value: Int) { uses[value] += count }

    /// The finished function.
    func function(returning results: [Int]) -> Function {
        Function(parameters: Array(types.prefix(parameterCount)), checked: nodes, results: results, types: types)
    }
}

extension Rewriter.Rules {
    /// Adds a rule for primitives of a type.
    mutating func on<P: Primitive>(
        _: P.Type,
        _ rule: @escaping @Sendable (inout Rewriter, P, [Int]) -> Int?
    ) {
        self[ObjectIdentifier(P.self), default: []].append { rewriter, primitive, operands in
            (primitive as? P).flatMap { rule(&rewriter, $0, operands) }
        }
    }
}

/// A primitive of two operands that may change places, bit for bit.
protocol Commutative: Primitive {}
extension Add: Commutative {}
extension Multiply: Commutative {}
extension Maximum: Commutative {}
extension Minimum: Commutative {}
extension And: Commutative {}
extension Or: Commutative {}
extension Xor: Commutative {}
