import Execution
import Foundation
import Tensors
import TestSupport
import Testing

/// Functions that would lose everything, or overflow, if they were computed as they are written.
@Suite("Stable forms")
struct StableFormTests {
    /// A function of one number, with its closed form and those of its first two derivatives.
    struct Form: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var apply: @Sendable (Tensor) -> Tensor
        var closed: @Sendable (Double) -> [Double]
        /// Where it and its derivatives are finite.
        var isInside: @Sendable (Double) -> Bool
    }

    /// e^−|x|, which is below 1.
    private static func power(_ x: Double) -> Double { exp(-abs(x)) }
    private static func logistic(_ x: Double) -> Double { (x < 0 ? power(x) : 1) / (1 + power(x)) }
    private static func curvature(_ x: Double) -> Double { power(x) / ((1 + power(x)) * (1 + power(x))) }

    static let forms: [Form] = [
        Form(
            testDescription: "softplus",
            apply: { $0.softplus() },
            closed: { [max($0, 0) + log1p(power($0)), logistic($0), curvature($0)] },
            isInside: { $0 < .infinity }
        ),
        Form(
            testDescription: "log of logistic",
            apply: { $0.logLogistic() },
            closed: { [-(max(-$0, 0) + log1p(power($0))), logistic(-$0), -curvature($0)] },
            isInside: { $0 > -.infinity }
        ),
        Form(
            testDescription: "eˣ − 1",
            apply: { $0.exponentialMinusOne() },
            closed: { [expm1($0), exp($0), exp($0)] },
            isInside: { $0 < 80 }
        ),
        Form(
            testDescription: "log (1 + x)",
            apply: { $0.logPlusOne() },
            closed: { [log1p($0), 1 / (1 + $0), -1 / ((1 + $0) * (1 + $0))] },
            isInside: { $0 > -1 && $0 < .infinity }
        ),
        Form(
            testDescription: "logistic",
            apply: { $0.logistic() },
            closed: { x in [logistic(x), curvature(x), curvature(x) * (1 - 2 * logistic(x))] },
            isInside: { _ in true }
        ),
        Form(
            testDescription: "tanh",
            apply: { $0.tanh() },
            closed: { x in [tanh(x), 4 * curvature(2 * x), -8 * tanh(x) * curvature(2 * x)] },
            isInside: { _ in true }
        ),
        Form(
            testDescription: "log Σ exp, beside 3 and −∞",
            apply: { x in
                let others = x.constant([3, -.infinity] as [Float], shape: [2])
                return concatenate([x.reshaped([1]), others], axis: 0).logSumExp()
            },
            closed: { x in [max(x, 3) + log1p(power(x - 3)), logistic(x - 3), curvature(x - 3)] },
            isInside: { $0 < .infinity }
        ),
    ]

    private static let points: [Float] = [
        0, -0.0, 1, -1, 0.5, -0.3, 3, 20, -20, 88, -88, 104, -104, 1e4, -1e4, 1e30, -1e30, 1e-3, -1e-3, 1e-10, -1e-10,
        1e-30, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude, -.greatestFiniteMagnitude,
        .greatestFiniteMagnitude, -.infinity, .infinity,
    ]

    @Test(
        "and their first and second derivatives are right at extreme numbers, and finite where they are",
        arguments: forms
    )
    func derivatives(_ form: Form) throws {
        let program = try Program.trace([Port("x", TensorType(.f32, []))]) { inputs in
            let first = { (x: Tensor) in gradient(at: x, of: form.apply) }
            return [
                "value": form.apply(inputs[0]), "first": first(inputs[0]), "second": gradient(at: inputs[0], of: first),
            ]
        }
        let compiled = try CompiledProgram(program)
        for point in Self.points {
            let found = try compiled.run([TensorValue(scalar: point)]).map { Double($0.floats[0]) }
            let expected = form.closed(Double(point))
            for order in 0..<3 where order == 0 || form.isInside(Double(point)) {
                let (f, e) = (found[order], Double(Float(expected[order])))
                // A few units in the last place of the value; derivatives are made of 1 − y and the like, and right to
                // a few units in the last place of 1.
                let limit = order == 0 ? 4e-7 * abs(e) + 1e-44 : 4e-7 * max(1, abs(e))
                #expect(
                    f == e || abs(f - e) <= limit || (f.isNaN && e.isNaN),
                    "\(form), order \(order) at \(point): \(f) instead of \(e)"
                )
                #expect(f.isFinite == e.isFinite, "\(form), order \(order) at \(point): \(f) instead of \(e)")
            }
        }
        // NaN goes through, into the derivatives too.
        let nan = try compiled.run([TensorValue(scalar: Float.nan)])
        #expect(nan[0].floats[0].isNaN && nan[1].floats[0].isNaN)
    }

    @Test("a small number is not forgotten beside a large one")
    func small() throws {
        let program = try Program.trace([Port("x", TensorType(.f32, [3]))]) { inputs in
            ["plus": inputs[0].softplus(), "log": inputs[0].exponential().logPlusOne()]
        }
        let found = try CompiledProgram(program).run([TensorValue([-30, -60, -87] as [Float])])
        for result in found {
            for (f, x) in zip(result.floats, [-30.0, -60, -87]) { #expect(abs(Double(f) / exp(x) - 1) < 3e-7) }
        }
    }

    @Test("log Σ exp over axes is that of each row, and −∞ of none")
    func logSumExp() throws {
        let program = try Program.trace([Port("x", TensorType(.f32, [2, 3, 2]))]) { inputs in
            let x = inputs[0]
            return [
                "last": x.logSumExp(over: [-1]), "two": x.logSumExp(over: [0, 2]), "all": x.logSumExp(),
                "none": x.sliced(axis: 1, 0..<0).logSumExp(over: [1]), "as they are": x.logSumExp(over: []),
            ]
        }
        let infinity = Float.infinity
        let x: [Float] = [1, 2, 1e4, 1e4, -1e4, -infinity, -infinity, -infinity, infinity, 5, -3, .nan]
        let found = try CompiledProgram(program).run([TensorValue(x, shape: [2, 3, 2])])
        let last: [Float] = [2.3132617, 1e4 + 0.6931472, -1e4, -infinity, infinity, .nan]
        for (f, e) in zip(found[0].floats, last) {
            #expect(f == e || (f.isNaN && e.isNaN) || abs(f - e) <= 3e-7 * abs(e), "\(f) instead of \(e)")
        }
        #expect(found[1].floats.map { $0.isNaN ? -1 : $0 } == [2.3132617, infinity, -1])
        #expect(found[2].floats[0].isNaN)
        #expect(found[3] == TensorValue([Float](repeating: -infinity, count: 4), shape: [2, 2]))
        #expect(found[4].floats.map { $0.isNaN ? 0 : $0 } == x.map { $0.isNaN ? 0 : $0 })
    }
}
