"""The frozen orders of sums and products, in exact arithmetic with each rounding to float32 done by hand.

Prints the bits that ReductionOrderTests expects. The numbers are x(i) = ((2654435761 i mod 2^32) >> 8) / 2^24 - 1/2.
"""
from fractions import Fraction
from itertools import product
import struct


def rounded(x):
    """The nearest float32, ties to even (no denormals or overflow occur here)."""
    if x == 0:
        return Fraction(0)
    exponent = 0
    while abs(x) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    while abs(x) < Fraction(2) ** exponent:
        exponent -= 1
    unit = Fraction(2) ** (exponent - 23)
    return round(x / unit) * unit


def bits(x):
    return "0x%08x" % struct.unpack("<I", struct.pack("<f", float(x)))[0]


def x(i):
    return Fraction((i * 2654435761 % 2**32) >> 8, 2**24) - Fraction(1, 2)


def add(a, b):
    return rounded(a + b)


def lanes(numbers, start, combine):
    """Sixteen lanes take every sixteenth number each; then the upper half is combined into the lower, four times."""
    sums = [Fraction(start)] * 16
    for i, number in enumerate(numbers):
        sums[i % 16] = combine(sums[i % 16], number)
    half = 8
    while half:
        for lane in range(half):
            sums[lane] = combine(sums[lane], sums[lane + half])
        half //= 2
    return sums[0]


def dot(left, right):
    """One after another, by fused multiply-add from zero."""
    total = Fraction(0)
    for a, b in zip(left, right):
        total = rounded(total + a * b)
    return total


def show(name, numbers):
    print(name, "[" + ", ".join(bits(n) for n in numbers) + "]")


show("sums", [lanes([x(i) for i in range(n)], 0, add) for n in (1, 5, 16, 17, 40, 1000)])
show("middle", [lanes([x((o * 50 + r) * 2 + j) for r in range(50)], 0, add) for o in range(3) for j in range(2)])
show("apart", [lanes([x((a * 5 + b) * 7 + c) for a, c in product(range(3), range(7))], 0, add) for b in range(5)])
show("product", [lanes([rounded(1 + x(i) / 4) for i in range(100)], 1, lambda a, b: rounded(a * b))])
running, total = [], Fraction(0)
for i in range(50):
    total = x(0) if i == 0 else add(total, x(i))
    running.append(total)
show("running", running[-4:])
for k in (7, 100):
    show(
        "dot %d" % k,
        [dot([x(m * k + p) for p in range(k)], [x(1000 + p * 2 + n) for p in range(k)]) for m in range(3) for n in range(2)],
    )
show(
    "two axes",
    [
        dot([x((a * 3 + q) * 4 + p) for p, q in product(range(4), range(3))],
            [x(1000 + (p * 3 + q) * 5 + b) for p, q in product(range(4), range(3))])
        for a in range(2) for b in range(5)
    ],
)
# Two images of 3 by 4 with 2 channels under a kernel of 2 by 3 and 2 features, an edge of one all round; what lies on the
# edge is left out.
show(
    "window",
    [
        dot(*zip(*[
            (x(((n * 3 + i + a - 1) * 4 + j + b - 1) * 2 + c), x(1000 + ((a * 3 + b) * 2 + c) * 2 + f))
            for a, b, c in product(range(2), range(3), range(2)) if 0 <= i + a - 1 < 3 and 0 <= j + b - 1 < 4
        ]))
        for n in range(2) for i in range(4) for j in range(4) for f in range(2)
    ],
)
table = [x(0), x(1), x(2)]
for i in range(40):
    table[i * i % 3] = add(table[i * i % 3], x(100 + i))
show("scattered", table)
