@testable import Execution
import Tensors

/// How far a native result may be from the reference.
enum Tolerance {
    /// Not at all: the reference, rounded once, is the result, zeros' signs included.
    case exact
    /// Units in the last place of the reference.
    case ulps(Double)
    /// What adding up so many terms can cost: (n + 1) u Σ|terms|, for u half a unit in the last place of 1 (Higham, Accuracy
    /// and Stability of Numerical Algorithms, 2002, eq. 4.4). The sum of magnitudes is the primitive's own result on them.
    case terms(Int)
    /// A distance, for programs of many steps.
    case absolute(Double)
}

extension ElementType {
    /// The distance from 1 to the next number.
    var ulpOfOne: Double { self == .f32 ? Double(Float.ulpOfOne) : Double.ulpOfOne }

    /// The unit in the last place of a number, denormals included.
    func ulp(of number: Double) -> Double {
        guard number.isFinite else { return self == .f32 ? 0x1p104 : 0x1p971 }
        guard self == .f32 else { return number.ulp }
        let exponent = number == 0 ? -126 : max(Int(number.exponent), -126)
        return Double(sign: .plus, exponent: min(exponent, 127) - 23, significand: 1)
    }
}

/// The distances of a native result from the reference in units in the last place, element by element; infinite where
/// one is NaN or an integer differs.
func ulpDistances(_ found: TensorValue, _ reference: ReferenceTensor) -> [Double] {
    let element = reference.type.element
    let (founds, rounded) = (ReferenceTensor(found).doubles, ReferenceTensor(reference.value).doubles)
    return reference.doubles.indices.map { index in
        let (f, r, exact) = (founds[index], rounded[index], reference.doubles[index])
        if f == r || (f.isNaN && r.isNaN) { return 0 }
        guard element.isFloat, !f.isNaN, !r.isNaN else { return .infinity }
        // Infinity stands for the number after the greatest.
        let end = element == .f32 ? 0x1p128 : Double.infinity
        let bounded = { (x: Double) in x.isInfinite ? (x < 0 ? -end : end) : x }
        return abs(bounded(f) - bounded(exact)) / element.ulp(of: exact)
    }
}

/// Where a native result is too far from the reference; nil when it is nowhere.
func disagreement(
    _ found: TensorValue,
    _ reference: ReferenceTensor,
    _ tolerance: Tolerance,
    magnitude: @autoclosure () -> ReferenceTensor
) -> String? {
    guard found.type == reference.type else { return "the type is \(found.type) instead of \(reference.type)" }
    let (founds, exact) = (ReferenceTensor(found).doubles, reference.doubles)
    let rounded = ReferenceTensor(reference.value).doubles
    let bad: (Int) -> Bool
    switch tolerance {
    case .exact:
        bad = { !(founds[$0].isNaN && rounded[$0].isNaN) && founds[$0].bitPattern != rounded[$0].bitPattern }
    case .ulps(let limit):
        let distances = ulpDistances(found, reference)
        bad = { distances[$0] > limit }
    case .terms(let count):
        guard reference.type.element.isFloat else {
            return disagreement(found, reference, .exact, magnitude: magnitude())
        }
        let sums = magnitude().doubles
        let unit = Double(count + 1) * reference.type.element.ulpOfOne / 2
        bad = { !(founds[$0] == rounded[$0] || abs(founds[$0] - exact[$0]) <= unit * sums[$0]) }
    case .absolute(let limit):
        bad = { !(founds[$0] == rounded[$0] || abs(founds[$0] - exact[$0]) <= limit) }
    }
    return exact.indices.first(where: bad).map {
        "element \($0) of \(found.type) is \(founds[$0]) instead of \(exact[$0])"
    }
}
