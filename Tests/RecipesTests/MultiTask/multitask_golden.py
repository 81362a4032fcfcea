"""Hard parameter sharing from its formula in double precision: it shares nothing with the library but its keys.

    python3 -m venv skl && skl/bin/pip install scikit-learn==1.9.1
    skl/bin/python Tests/RecipesTests/MultiTask/multitask_golden.py    # the numbers in MultiTaskGoldenTests.swift

L = sum of weight times mean loss over the labelled rows of a batch. Glorot and Bengio 2010, eq. 16, for the first
weights, Kingma and Ba 2015, algorithm 1, for the steps. A last batch wraps round to the first rows of its order.
"""
import sys
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "DatasetsTests"))
from make_golden import MASK, child, permutation, philox  # noqa: E402

ROWS, FEATURES, UNITS, CLASSES, BATCH, EPOCHS, SEED, RATE = 10, 4, 5, 3, 4, 2, 11, 0.01
WEIGHTS = {"height": 1.0, "kind": 0.5}


def table():
    i, j = np.arange(ROWS), np.arange(FEATURES)
    x = ((i[:, None] * 7 + j * 3) % 11) / 5 - 1
    height = ((i * 3) % 7 + 10).astype(float)
    kind = (i * 5 + 1) % CLASSES
    return x, height, i % 3 != 0, kind, i % 4 != 1


def glorot(key, inputs, outputs):
    words = np.array([philox([n // 4, 0, 0, 0], key)[n % 4] for n in range(inputs * outputs)], np.uint64)
    uniform = (words >> np.uint64(8)).astype(np.float64) / 2**24
    return ((2 * uniform - 1) * (6 / (inputs + outputs)) ** 0.5).reshape(inputs, outputs)


def dense(key, inputs, outputs):
    return [glorot(child(child(key, "layers.0"), "weight"), inputs, outputs), np.zeros(outputs)]


class Adam:
    def __init__(self, parameters):
        self.m, self.v, self.t = [0 * p for p in parameters], [0 * p for p in parameters], 0

    def step(self, parameters, gradients):
        self.t += 1
        for i, g in enumerate(gradients):
            self.m[i] = 0.9 * self.m[i] + 0.1 * g
            self.v[i] = 0.999 * self.v[i] + 0.001 * g * g
            m, v = self.m[i] / (1 - 0.9**self.t), self.v[i] / (1 - 0.999**self.t)
            parameters[i] = parameters[i] - RATE * m / (np.sqrt(v) + 1e-8)


def main():
    x, height, has_height, kind, has_kind = table()
    root = child([SEED & MASK, SEED >> 32], "multi-task")
    trunk = dense(child(root, "trunk"), FEATURES, UNITS)
    heads = {name: dense(child(child(root, "heads"), name), UNITS, outputs)
             for name, outputs in [("height", 1), ("kind", CLASSES)]}
    mean, scale = height[has_height].mean(), height[has_height].std()
    optimisers = {name: Adam(p) for name, p in [("trunk", trunk), *heads.items()]}
    for epoch in range(EPOCHS):
        order = permutation(child(child(root, "order"), epoch), ROWS)
        for rows in np.resize(order, (-(-ROWS // BATCH), BATCH)):
            shared = np.tanh(x[rows] @ trunk[0] + trunk[1])
            below, steps = 0, {}
            for name, (w, b) in heads.items():
                outputs = shared @ w + b
                present = (has_height if name == "height" else has_kind)[rows].astype(float)
                if name == "height":
                    delta = 2 * (outputs - ((height[rows] - mean) / scale)[:, None])
                else:
                    powers = np.exp(outputs - outputs.max(1, keepdims=True))
                    delta = powers / powers.sum(1, keepdims=True) - np.eye(CLASSES)[kind[rows]]
                delta *= WEIGHTS[name] * (present / max(present.sum(), 1))[:, None]
                steps[name] = [shared.T @ delta, delta.sum(0)]
                below = below + delta @ w.T
            below = below * (1 - shared**2)
            optimisers["trunk"].step(trunk, [x[rows].T @ below, below.sum(0)])
            for name in heads:
                optimisers[name].step(heads[name], steps[name])
    for name, parameters in [("trunk", trunk), *heads.items()]:
        for part, values in zip(["weight", "bias"], parameters):
            print(name, part, [float(f"{v:.8f}") for v in values.flat])
    shared = np.tanh(x[:2] @ trunk[0] + trunk[1])
    said = (shared @ heads["height"][0] + heads["height"][1]) * scale + mean
    powers = np.exp(shared @ heads["kind"][0] + heads["kind"][1])
    print("height of the first rows", [float(f"{v:.8f}") for v in said.flat])
    print("probabilities of the first rows", [float(f"{v:.8f}") for v in (powers / powers.sum(1, keepdims=True)).flat])


if __name__ == "__main__":
    main()
