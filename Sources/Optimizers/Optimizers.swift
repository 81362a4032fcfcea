/// Stochastic gradient descent: θₜ = θₜ₋₁ − α gₜ, with momentum ρ unless that is zero.
public func sgd(rate: Double, momentum: Double = 0) -> any GradientTransform {
    momentum == 0 ? ScaleByRate(rate) : Momentum(momentum).then(ScaleByRate(rate))
}

/// Adam: Kingma and Ba 2015, algorithm 1.
public func adam(
    rate: Double = 0.001,
    decay: (mean: Double, square: Double) = (0.9, 0.999),
    epsilon: Double = 1e-8
) -> any GradientTransform {
    ScaleByAdam(decay: decay, epsilon: epsilon).then(ScaleByRate(rate))
}
