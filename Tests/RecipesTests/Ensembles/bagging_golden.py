"""Bagging from its papers' formulas in double precision: an ensemble that shares nothing with the library but its keys.

    python3 -m venv skl && skl/bin/pip install scikit-learn==1.9.1
    skl/bin/python Tests/RecipesTests/Ensembles/bagging_golden.py          # the numbers in BaggingTests.swift
    skl/bin/python Tests/RecipesTests/Ensembles/bagging_golden.py job 0 8  # the job of Cluster/jobs, seeds 0 to 7

Breiman 1996 for the samples and the vote, Glorot and Bengio 2010, eq. 16, for the first weights, Kingma and Ba 2015,
algorithm 1, for the steps. A last batch wraps round to the first rows of its order.
"""
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "DatasetsTests"))
from make_golden import MASK, child, philox, test_rows  # noqa: E402


def words(key, count):
    blocks = [philox([block, 0, 0, 0], key) for block in range(-(-count // 4))]
    return np.array(blocks, np.uint64).reshape(-1)[:count]


def glorot(key, inputs, outputs):
    limit = (6 / (inputs + outputs)) ** 0.5
    uniform = (words(key, inputs * outputs) >> np.uint64(8)).astype(np.float64) / 2**24
    return ((2 * uniform - 1) * limit).reshape(inputs, outputs)


def probabilities(weights, x):
    w1, b1, w2, b2 = weights
    hidden = np.maximum(x @ w1 + b1, 0)
    logits = hidden @ w2 + b2
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return hidden, powers / powers.sum(1, keepdims=True)


def gradient(weights, x, y):
    hidden, delta = probabilities(weights, x)
    delta[np.arange(len(y)), y] -= 1  # softmax minus one-hot
    delta /= len(y)
    below = (delta @ weights[2].T) * (hidden > 0)
    return [x.T @ below, below.sum(0), hidden.T @ delta, delta.sum(0)]


def member(key, x, y, units, epochs, batch, rate, b1=0.9, b2=0.999, epsilon=1e-8):
    classes, rows = y.max() + 1, len(y)
    start = child(key, "weights")
    weights = [
        glorot(child(child(start, "layers.0"), "weight"), x.shape[1], units), np.zeros(units),
        glorot(child(child(start, "layers.2"), "weight"), units, classes), np.zeros(classes),
    ]
    drawn = (words(child(key, "bootstrap"), rows) % np.uint64(rows)).astype(int)
    mean, square, t = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights], 0
    for epoch in range(epochs):
        order = np.argsort(words(child(child(key, "order"), epoch), rows), kind="stable")
        for places in np.resize(order, (-(-rows // batch), batch)):
            t += 1
            chosen = drawn[places]
            for i, g in enumerate(gradient(weights, x[chosen], y[chosen])):
                mean[i] = b1 * mean[i] + (1 - b1) * g
                square[i] = b2 * square[i] + (1 - b2) * g * g
                step = mean[i] / (1 - b1**t) / (np.sqrt(square[i] / (1 - b2**t)) + epsilon)
                weights[i] = weights[i] - rate * step
    return weights, drawn


def bagging(test, split_seed, seed, members, **how):
    digits = load_digits()
    x, y = digits.data / 16, digits.target
    tested = test_rows(y, test, split_seed)
    training = np.setdiff1d(np.arange(len(y)), tested)
    root = child([seed & MASK, seed >> 32], "bagging")
    trained = [member(child(root, i), x[training], y[training], **how) for i in range(members)]
    votes = np.array([probabilities(weights, x[tested])[1] for weights, _ in trained])
    unseen = np.array([~np.isin(np.arange(len(training)), drawn) for _, drawn in trained])
    says = np.array([probabilities(weights, x[training])[1] for weights, _ in trained])
    has_voters = unseen.any(0)
    out = (says * unseen[..., None]).sum(0).argmax(1)[has_voters] == y[training][has_voters]
    return {
        "weights": trained[0][0],
        "shares": votes.mean(0)[0],
        "ensemble": int((votes.mean(0).argmax(1) == y[tested]).sum()),
        "members": [int(n) for n in (votes.argmax(2) == y[tested]).sum(1)],
        "rows": len(tested),
        "out of bag": (int(out.sum()), int(has_voters.sum())),
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["job"]:
        for seed in range(*map(int, sys.argv[2:4])):
            found = bagging(0.3, seed, seed, 32, units=64, epochs=20, batch=32, rate=0.001)
            print(f"seed {seed}: ensemble {found['ensemble'] / found['rows']:.6f}, mean member "
                  f"{np.mean(found['members']) / found['rows']:.6f}, "
                  f"out of bag {found['out of bag'][0] / found['out of bag'][1]:.6f}", flush=True)
    else:
        found = bagging(0.7, 3, 7, 10, units=16, epochs=2, batch=32, rate=0.01)
        for name, weights in zip(["layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"],
                                 found["weights"]):
            print(f"{name} of the first member, element 0 and each 97th after it:",
                  [float(f"{w:.8f}") for w in weights.flat[::97]])
        print("shares of the first test row:", [float(f"{s:.8f}") for s in found["shares"]])
        print({name: found[name] for name in ("ensemble", "members", "rows", "out of bag")})
