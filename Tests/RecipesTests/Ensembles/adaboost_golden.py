"""AdaBoost from its papers' formulas, by trying every stump: it shares nothing with the library.

    python3 Tests/RecipesTests/Ensembles/adaboost_golden.py  # the numbers in AdaBoostTests.swift; needs numpy

Freund and Schapire 1997 for two classes, on the ten points of Li Hang, "Statistical Learning Methods", example 8.1, and on
the first two cultivars of Cluster/jobs/wine.csv; Zhu et al. 2009 (SAMME) on all three. Errors that differ by less than
1e-12 count as equal, and the first stump wins: by feature, then threshold, then the class below it.
"""
import csv
from itertools import permutations
from pathlib import Path

import numpy as np


def stumps(x, y, w, classes):
    for feature in range(x.shape[1]):
        values = np.unique(x[:, feature])
        for low, high in zip(values, values[1:]):
            threshold = np.float32(np.float32(low / 2) + np.float32(high / 2))
            is_below = x[:, feature] <= threshold
            weight = lambda side: [w[side & (y == k)].sum() for k in range(classes)]
            best = lambda side: next(k for k, m in enumerate(weight(side)) if m > max(weight(side)) - 1e-12)
            choices = permutations(range(2)) if classes == 2 else [(best(is_below), best(~is_below))]
            for below, above in choices:
                says = np.where(is_below, below, above)
                yield w[says != y].sum(), (feature, float(threshold), below, above), says


def adaboost(x, y, classes, rounds):
    w = np.full(len(y), 1 / len(y))
    votes = np.zeros((len(y), classes))
    for _ in range(rounds):
        found = list(stumps(x, y, w, classes))
        least = min(error for error, _, _ in found)
        e, stump, says = next(one for one in found if one[0] < least + 1e-12)
        if classes == 2:
            alpha = np.log((1 - e) / e) / 2
            w = w * np.exp(-alpha * np.where(says == y, 1, -1))
        else:
            alpha = np.log((1 - e) / e) + np.log(classes - 1)
            w = w * np.exp(alpha * (says != y))
        w /= w.sum()
        votes[np.arange(len(y)), says] += alpha
        own = (votes - votes.mean(1, keepdims=True))[np.arange(len(y)), y]
        loss = np.exp(-own * (2 if classes == 2 else 1)).mean()  # exp(-y F), or exp(-y' f / K) as SAMME has it
        yield stump, e, alpha, loss, int((votes.argmax(1) != y).sum())


def show(name, *how):
    print(name)
    for (feature, threshold, below, above), e, alpha, loss, missed in adaboost(*how):
        print(f"    ({feature}, {np.float32(threshold)}, {below}, {above}, {e:.12f}, {alpha:.12f}, {loss:.12f}, {missed}),")


if __name__ == "__main__":
    points = np.arange(10, dtype=np.float32).reshape(10, 1)
    show("ten points", points, np.array([1, 1, 1, 0, 0, 0, 1, 1, 1, 0]), 2, 3)
    with open(Path(__file__).parents[3] / "Cluster/jobs/wine.csv") as file:
        rows = list(csv.reader(file))[1:]
    x = np.array([row[:-1] for row in rows], dtype=np.float32)
    y = np.array([int(row[-1].split()[-1]) - 1 for row in rows])
    show("two cultivars", x[y < 2], y[y < 2], 2, 6)
    show("three cultivars", x, y, 3, 12)
