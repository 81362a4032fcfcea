"""Ten steps of Adam and of momentum in plain Python, from the papers' formulas in double precision.

The gradient is that of 1/2 sum(a (x - c)^2) at x. Prints Swift literals for OptimizerTests.swift.
"""
a, c = [1.0, 2.0, 5.0], [1.0, -1.0, 2.0]


def gradient(x):
    return [ai * (xi - ci) for ai, xi, ci in zip(a, x, c)]


def adam(rate, b1=0.9, b2=0.999, eps=1e-8):
    x, m, v, path = [0.0] * 3, [0.0] * 3, [0.0] * 3, []
    for t in range(1, 11):
        g = gradient(x)
        m = [b1 * mi + (1 - b1) * gi for mi, gi in zip(m, g)]
        v = [b2 * vi + (1 - b2) * gi * gi for vi, gi in zip(v, g)]
        x = [xi - rate * (mi / (1 - b1**t)) / ((vi / (1 - b2**t)) ** 0.5 + eps) for xi, mi, vi in zip(x, m, v)]
        path.append(x)
    return path


def momentum(rate, rho):
    x, v, path = [0.0] * 3, [0.0] * 3, []
    for _ in range(10):
        v = [rho * vi + gi for vi, gi in zip(v, gradient(x))]
        x = [xi - rate * vi for xi, vi in zip(x, v)]
        path.append(x)
    return path


for name, path in [("adam", adam(0.1)), ("momentum", momentum(0.05, 0.9)), ("plain", momentum(0.05, 0.0))]:
    print(name, path[0], path[9])
