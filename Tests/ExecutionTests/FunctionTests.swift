@testable import Execution
@testable import Tensors
import TestSupport
import Testing

/// Own polynomials against the C library's functions in Double.
///
/// The bounds are what was measured over the numbers below (and for `f32` once over all 2³² of them), rounded up; they are
/// the same on every kernel path, because the bits are.
@Suite("Functions of our own")
struct FunctionTests {
    struct Bound: Sendable, CustomTestStringConvertible {
        var name: String
        var apply: @Sendable (Tensor) -> Tensor
        /// Units in the last place, of f32 and of f64.
        var single: Double
        var double: Double
        var testDescription: String { name }
    }

    // swift-format-ignore
    static let bounds: [Bound] = [
        Bound(name: "exp", apply: { $0.exponential() }, single: 1.02, double: 1),
        Bound(name: "log", apply: { $0.log() }, single: 0.83, double: 1),
        Bound(name: "tanh", apply: { $0.tanh() }, single: 1.34, double: 6),
        Bound(name: "logistic", apply: { $0.logistic() }, single: 2.5, double: 3.5),
        Bound(name: "sqrt", apply: { $0.squareRoot() }, single: 0.5, double: 0.5),
        Bound(name: "rsqrt", apply: { $0.reciprocalSquareRoot() }, single: 1.5, double: 1.5),
    ]

    @Test("are within their bounds over all exponents, infinities, denormals and NaN", arguments: bounds)
    func accuracy(_ bound: Bound) throws {
        let single = try worst(bound, Self.singles.map { Float(bitPattern: $0) })
        #expect(single.distance <= bound.single, "\(bound.name)(\(single.at)) in f32")
        let double = try worst(bound, Self.doubles.map { Double(bitPattern: $0) })
        #expect(double.distance <= bound.double, "\(bound.name)(\(double.at)) in f64")
    }

    @Test("sine and cosine are as near as Double allows up to 2³⁰, and NaN beyond")
    func angles() throws {
        let angles = Self.singles.map { Float(bitPattern: $0) }
        let inside = angles.filter { $0.magnitude <= 0x1p30 }
        let outside = angles.filter { !($0.magnitude <= 0x1p30) }
        for bound in [
            Bound(name: "sin", apply: { $0.sine() }, single: 0.501, double: 1.5),
            Bound(name: "cos", apply: { $0.cosine() }, single: 0.501, double: 1.5),
        ] {
            let single = try worst(bound, inside)
            #expect(single.distance <= bound.single, "\(bound.name)(\(single.at)) in f32")
            let double = try worst(bound, inside.map { Double($0) })
            #expect(double.distance <= bound.double, "\(bound.name)(\(double.at)) in f64")
            let beyond = try run(bound, TensorValue(outside))
            #expect(beyond.floats.allSatisfy { $0.isNaN })
        }
    }

    @Test("keep their limits and the signs of zeros")
    func limits() throws {
        let golden: [(String, @Sendable (Tensor) -> Tensor, [Float], [Float])] = [
            ("exp", { $0.exponential() }, [-.infinity, -104, 0, 89, .infinity], [0, 0, 1, .infinity, .infinity]),
            ("log", { $0.log() }, [-1, -0.0, 0, 1, .infinity], [.nan, -.infinity, -.infinity, 0, .infinity]),
            ("tanh", { $0.tanh() }, [-.infinity, -20, -0.0, 0, 20, .infinity], [-1, -1, -0.0, 0, 1, 1]),
            ("logistic", { $0.logistic() }, [-.infinity, -104, 0, 20, .infinity], [0, 0, 0.5, 1, 1]),
            ("sine", { $0.sine() }, [-.infinity, -0.0, 0, .infinity], [.nan, -0.0, 0, .nan]),
            ("sqrt", { $0.squareRoot() }, [-1, -0.0, 0, .infinity], [.nan, -0.0, 0, .infinity]),
            ("rsqrt", { $0.reciprocalSquareRoot() }, [-1, -0.0, 0, .infinity], [.nan, -.infinity, .infinity, 0]),
        ]
        for (name, apply, inputs, expected) in golden {
            let bound = Bound(name: name, apply: apply, single: 0, double: 0)
            let found = try run(bound, TensorValue(inputs)).floats.map(\.bitPattern)
            #expect(found == expected.map { $0.isNaN ? 0x7fc0_0000 : $0.bitPattern }, "\(name) in f32")
            let doubles = try run(bound, TensorValue(inputs.map { Double($0) })).elements(as: Double.self)
            for (index, (f, e)) in zip(doubles, expected).enumerated() {
                // In f64, −104 and 20 are nothing special: only near.
                let isNear = Float(f) == e || abs(f - Double(e)) < 1e-8 || inputs[index] == 89
                #expect((f.isNaN && e.isNaN) || isNear && f.sign == e.sign, "\(name)(\(inputs[index])) in f64 is \(f)")
            }
        }
    }

    private func run(_ bound: Bound, _ input: TensorValue) throws -> TensorValue {
        try CompiledProgram(Program.of([input.type]) { [bound.apply($0[0])] }).run([input])[0]
    }

    private func worst<Number: TensorElement & BinaryFloatingPoint>(
        _ bound: Bound,
        _ numbers: [Number]
    ) throws -> (distance: Double, at: Number) {
        let input = TensorValue(numbers)
        let program = try Program.of([input.type]) { [bound.apply($0[0])] }
        let found = try CompiledProgram(program).run([input])[0]
        let distances = ulpDistances(found, try ReferenceInterpreter().run(program, [input])[0])
        let place = distances.indices.max { distances[$0] < distances[$1] } ?? 0
        return (distances[place], numbers[place])
    }

    /// Bits of every exponent and both signs, and every special number.
    private static let singles: [UInt32] = {
        var random = Seeded(1)
        let spread = (0..<60_000 as Range<UInt32>).map { $0 << 16 &+ UInt32(truncatingIfNeeded: random.next()) >> 12 }
        let ordinary = (0..<60_000).map { _ in Float.random(in: -20...20, using: &random).bitPattern }
        return spread + ordinary + Seeded.floats.map(\.bitPattern)
    }()

    private static let doubles: [UInt64] = {
        var random = Seeded(2)
        let spread = (0..<30_000).map { _ in random.next() }
        let ordinary = (0..<60_000).map { _ in Double.random(in: -20...20, using: &random).bitPattern }
        return spread + ordinary + Seeded.doubles.map(\.bitPattern)
    }()
}
