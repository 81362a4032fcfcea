@testable import Execution
@testable import Tensors
import TestSupport
import Testing

/// Runs a function natively for all lanes at once and lane by lane, with random operands shared, and expects the same bits.
func expectSameInLanes(
    _ types: [TensorType],
    seed: UInt64,
    numbers: Numbers = .plain,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ function: ([Tensor]) -> [Tensor]
) throws {
    var random = Seeded(seed ^ 0x1A9E5)
    let lanes = random.integer(1...5)
    var hasLanes = types.map { _ in !random.oneIn(3) }
    hasLanes[random.integer(0...(types.count - 1))] = true
    let batched = zip(types, hasLanes).map { type, has in
        has ? TensorType(type.element, Shape([lanes] + type.shape.sizes)) : type
    }
    let inputs = zip(types, batched).map { single, type in
        // Indices must mean something in every lane.
        single.element == .i32 ? random.indices(type.shape, below: 4, outside: true) : random.value(type, numbers)
    }
    let all = try Program.of(batched) { inputs in
        vmap(inputs.indices.filter { hasLanes[$0] }.map { inputs[$0] }) { own in
            var rest = own.makeIterator()
            return function(inputs.indices.map { hasLanes[$0] ? rest.next() ?? inputs[$0] : inputs[$0] })
        }
    }
    let one = try CompiledProgram(Program.of(types, function))
    let together = try CompiledProgram(all).run(inputs)
    for lane in 0..<lanes {
        let alone = try one.run(zip(inputs, hasLanes).map { $1 ? $0[lane] : $0 })
        for (result, (a, b)) in zip(alone, together).enumerated() {
            #expect(
                a == b[lane],
                "result \(result), lane \(lane) of \(lanes), seed \(seed), \(batched)",
                sourceLocation: sourceLocation
            )
        }
    }
}

/// Expects the gradient of a weighted sum of a function's results, and the gradient of a weighted sum of that gradient, to
/// be what central differences of the reference show, and the native gradients to be the reference's.
func expectGradients(
    at inputs: [TensorValue],
    seed: UInt64,
    nativeTolerance: Double = 2e-5,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ function: @escaping ([Tensor]) -> [Tensor]
) throws {
    let scalar = { (inputs: [Tensor]) in weightedSum(of: function(inputs), like: inputs, seed: seed) }
    let second = { (inputs: [Tensor]) in
        weightedSum(of: gradient(at: inputs, of: scalar), like: inputs, seed: seed ^ 1)
    }
    for (order, function) in [scalar, second].enumerated() {
        let types = inputs.map(\.type)
        let value = try Program.of(types) { [function($0)] }
        let gradients = try Program.of(types) { gradient(at: $0, of: function) }
        let expected = try ReferenceInterpreter().run(gradients, inputs)
        let scale = 1 + (expected.flatMap(\.doubles).map(\.magnitude).max() ?? 0)
        for index in inputs.indices where types[index].element.isFloat {
            let differences = try centralDifferences(of: value, at: inputs, by: index)
            for (element, (d, g)) in zip(differences, expected[index].doubles).enumerated() {
                // Double, a step of 1e-5: third derivatives cost 1e-10 of their size, rounding 1e-11.
                #expect(
                    abs(d - g) <= 1e-6 * scale,
                    "order \(order + 1), input \(index) \(types[index]), element \(element), seed \(seed): difference \(d), gradient \(g)",
                    sourceLocation: sourceLocation
                )
            }
        }
        let found = try CompiledProgram(gradients).run(inputs)
        for (index, (f, e)) in zip(found, expected).enumerated() {
            let wrong = disagreement(f, e, .absolute(nativeTolerance * scale), magnitude: e)
            #expect(
                wrong == nil,
                "order \(order + 1), input \(index), seed \(seed): \(wrong ?? "")",
                sourceLocation: sourceLocation
            )
        }
    }
}

/// Expects the Jacobian-vector product of a function, by some of its inputs along random tangents, to be what central
/// differences of the reference show, to agree with the vector-Jacobian product (⟨w, J v⟩ = ⟨Jᵀ w, v⟩), and natively to be
/// the reference's; and the Hessian of a weighted sum, forward over reverse, to be that of reverse over reverse, forward
/// over forward and reverse over forward mode.
func expectTangents(
    at inputs: [TensorValue],
    seed: UInt64,
    nativeTolerance: Double = 2e-5,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ function: @escaping ([Tensor]) -> [Tensor]
) throws {
    var random = Seeded(seed ^ 0x7A46E)
    let floats = inputs.indices.filter { inputs[$0].type.element.isFloat }
    var moving = floats.filter { _ in !random.oneIn(3) }
    if moving.isEmpty { moving = Array(floats.prefix(1)) }
    guard !moving.isEmpty else { return }
    let types = inputs.map(\.type)
    let directions = moving.map { random.value(types[$0], .plain) }
    // The moving inputs are given, the others come from outside.
    let moved = { (all: [Tensor]) in
        { (own: [Tensor]) in
            var inputs = all
            for (place, tensor) in zip(moving, own) { inputs[place] = tensor }
            return function(inputs)
        }
    }
    let scalar = { (all: [Tensor]) in
        { (own: [Tensor]) in weightedSum(of: moved(all)(own), like: all, seed: seed) }
    }
    let program = try Program.of(types + directions.map(\.type)) { given in
        let (all, along) = (Array(given.prefix(types.count)), Array(given.dropFirst(types.count)))
        let point = moving.map { all[$0] }
        let inner = { (tensors: [Tensor]) in
            zip(tensors, along).reduce(all[0].scalar(0, of: .f64)) { sum, pair in
                sum + (pair.0.converted(to: .f64) * pair.1.converted(to: .f64)).sum()
            }
        }
        let pushed = jvp(at: point, along: along, of: moved(all))
        let forward = weightedSum(of: pushed.tangent, like: all, seed: seed)
        let backward = inner(gradient(at: point, of: scalar(all)))
        let reverse = { (point: [Tensor]) in inner(gradient(at: point, of: scalar(all))) }
        let ahead = { (point: [Tensor]) in jvp(at: point, along: along, of: scalar(all)).tangent }
        let products = [
            hessianVectorProduct(at: point, along: along, of: scalar(all)).product,
            gradient(at: point, of: reverse), gradient(at: point, of: ahead),
        ]
        let curvatures = [inner(products[0]), jvp(at: point, along: along, of: ahead).tangent]
        return pushed.value + pushed.tangent + [forward, backward] + curvatures + products.flatMap { $0 }
    }
    let given = inputs + directions
    let found = try ReferenceInterpreter().run(program, given)
    let count = try Program.of(types, function).outputs.count
    let scale = 1 + (found.filter(\.type.element.isFloat).flatMap(\.doubles).map(\.magnitude).max() ?? 0)
    func expectClose(_ a: [Double], _ b: [Double], _ limit: Double, _ what: String) {
        for (element, (a, b)) in zip(a, b).enumerated() {
            #expect(
                abs(a - b) <= limit * scale,
                "\(what), element \(element), seed \(seed), moving \(moving) of \(types): \(a) and \(b)",
                sourceLocation: sourceLocation
            )
        }
    }
    // Double, a step of 1e-5: third derivatives cost 1e-10 of their size, rounding 1e-11.
    let step = 1e-5
    let value = try Program.of(types, function)
    let (ahead, behind) = (
        try shifted(inputs, moving, along: directions, by: step),
        try shifted(inputs, moving, along: directions, by: -step)
    )
    let values = (try ReferenceInterpreter().run(value, on: ahead), try ReferenceInterpreter().run(value, on: behind))
    for result in 0..<count where found[result].type.element.isFloat {
        let differences = zip(values.0[result].doubles, values.1[result].doubles).map { ($0 - $1) / (2 * step) }
        expectClose(differences, found[count + result].doubles, 1e-6, "tangent of result \(result) and difference")
    }
    // A few dozen roundings of 1e-16 each.
    let rest = found.dropFirst(2 * count).map(\.doubles)
    expectClose(rest[0], rest[1], 1e-12, "⟨w, J v⟩ and ⟨Jᵀ w, v⟩")
    expectClose(rest[2], rest[3], 1e-11, "curvature, forward over reverse and forward over forward")
    for place in moving.indices {
        let product = rest[4 + place]
        expectClose(product, rest[4 + moving.count + place], 1e-11, "H v and reverse over reverse")
        expectClose(product, rest[4 + 2 * moving.count + place], 1e-11, "H v and reverse over forward")
    }
    for (index, (f, e)) in zip(try CompiledProgram(program).run(given), found).enumerated() where f.type.element.isFloat
    {
        let wrong = disagreement(f, e, .absolute(nativeTolerance * scale), magnitude: e)
        #expect(wrong == nil, "output \(index), seed \(seed): \(wrong ?? "")", sourceLocation: sourceLocation)
    }
}

/// The inputs, some of them moved along tangents.
private func shifted(
    _ inputs: [TensorValue],
    _ places: [Int],
    along directions: [TensorValue],
    by step: Double
) throws -> [ReferenceTensor] {
    var point = inputs.map(ReferenceTensor.init)
    for (place, direction) in zip(places, directions.map(ReferenceTensor.init)) {
        let reals = zip(point[place].doubles, direction.doubles).map { $0 + step * $1 }
        point[place] = ReferenceTensor(point[place].type, reals: reals)
    }
    return point
}

/// A scalar that depends on every floating-point tensor, each element with a weight of its own.
private func weightedSum(of tensors: [Tensor], like inputs: [Tensor], seed: UInt64) -> Tensor {
    var random = Seeded(seed ^ 0x5CA1E)
    let floats = tensors.filter(\.element.isFloat)
    return floats.reduce(inputs[0].scalar(0, of: .f64)) { sum, tensor in
        let weights = (0..<tensor.shape.count).map { _ in Double.random(in: -1...1, using: &random) }
        let constant = tensor.constant(weights, shape: tensor.shape)
        return sum + (tensor.converted(to: .f64) * constant).sum()
    }
}

/// (f(x + h) − f(x − h)) / 2h for each element of one input, on the reference.
private func centralDifferences(of program: Program, at inputs: [TensorValue], by index: Int) throws -> [Double] {
    let step = 1e-5
    let point = inputs.map(ReferenceTensor.init)
    func value(_ element: Int, moved distance: Double) throws -> Double {
        var moved = point
        var numbers = point[index].doubles
        numbers[element] += distance
        moved[index] = ReferenceTensor(point[index].type, reals: numbers)
        return try ReferenceInterpreter().run(program, on: moved)[0].doubles[0]
    }
    return try point[index].doubles.indices.map {
        (try value($0, moved: step) - value($0, moved: -step)) / (2 * step)
    }
}
