"""A 2-3-2 network, log-softmax at extremes, and the cross-entropy, in plain Python. Prints values for the tests."""
from math import exp, log, tanh

x = [[0.5, -1.0], [2.0, 0.25]]
w1 = [[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]]
b1 = [0.01, -0.02, 0.03]
w2 = [[1.0, -1.0], [0.5, 0.25], [-0.75, 0.5]]
b2 = [0.2, -0.1]


def affine(rows, w, b):
    return [[sum(r[k] * w[k][j] for k in range(len(w))) + b[j] for j in range(len(b))] for r in rows]


hidden = [[tanh(v) for v in row] for row in affine(x, w1, b1)]
logits = affine(hidden, w2, b2)
print("logits", logits)
labels = [1, 0]


def log_softmax(row):
    top = max(row)
    total = log(sum(exp(v - top) for v in row))
    return [v - top - total for v in row]


print("loss", -sum(log_softmax(r)[c] for r, c in zip(logits, labels)) / len(labels))
print("extreme", log_softmax([3e4, -3e4, 2.9999e4]))
