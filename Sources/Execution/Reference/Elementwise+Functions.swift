import Glibc
import Tensors

extension Exponential: UnaryRule {
    func real(_ x: Double) -> Double { exp(x) }
}

extension ExponentialMinusOne: UnaryRule {
    func real(_ x: Double) -> Double { expm1(x) }
}

extension LogPlusOne: UnaryRule {
    func real(_ x: Double) -> Double { log1p(x) }
}

extension Log: UnaryRule {
    func real(_ x: Double) -> Double { log(x) }
}

extension Tanh: UnaryRule {
    func real(_ x: Double) -> Double { tanh(x) }
}

extension Logistic: UnaryRule {
    func real(_ x: Double) -> Double { x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)) }
}

extension Sine: UnaryRule {
    func real(_ x: Double) -> Double { sin(x) }
}

extension Cosine: UnaryRule {
    func real(_ x: Double) -> Double { cos(x) }
}

extension SquareRoot: UnaryRule {
    func real(_ x: Double) -> Double { x.squareRoot() }
}

extension ReciprocalSquareRoot: UnaryRule {
    func real(_ x: Double) -> Double { 1 / x.squareRoot() }
}

extension Floor: UnaryRule {
    func real(_ x: Double) -> Double { x.rounded(.down) }
}

extension StopGradient: UnaryRule {
    func real(_ x: Double) -> Double { x }
    func integer(_ x: Int, _ element: ElementType) -> Int { x }
}
