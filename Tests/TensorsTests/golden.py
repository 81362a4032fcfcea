"""Writes golden.json: bytes, hashes and random numbers that are frozen, made from their description alone.

    python3 Tests/TensorsTests/golden.py

What it follows: the comments of Proto/program.proto and Proto/tensors.proto for bytes and names; Salmon et al. 2011 for
Philox, whose published known answers it checks; the comments of Sources/Tensors/Random and of the primitive `log` for
random numbers. Needs nothing but Python 3 and its standard library; every f32 operation is done in exact fractions and
rounded once.
"""
import hashlib
import json
import os
import struct
from fractions import Fraction

F32, F64, I32, U32, U8, BOOL = 1, 2, 3, 4, 5, 6
MASK = (1 << 32) - 1


def sha(data):
    return hashlib.sha256(data).digest()


# ---- Programs (Proto/program.proto)

def integer(value):
    return struct.pack("<q", value)


def text(value):
    return integer(len(value.encode())) + value.encode()


def listed(items, write):
    return integer(len(items)) + b"".join(write(item) for item in items)


def tensor_type(value):
    element, sizes = value
    return integer(element) + listed(sizes, integer)


def attribute(value):
    name, kind, content = value
    coded = {
        "integers": lambda: integer(0) + listed(content, integer),
        "bytes": lambda: integer(1) + integer(len(bytes.fromhex(content))) + bytes.fromhex(content),
        "function": lambda: integer(2) + integer(content),
    }[kind]()
    return text(name) + coded


def node(value):
    primitive, operands, attributes = value
    return text(primitive) + listed(operands, integer) + listed(attributes, attribute)


def function(value):
    return listed(value["parameters"], tensor_type) + listed(value["nodes"], node) + listed(value["results"], integer)


def canonical(program):
    return (b"troupe program 1\n" + listed(program["inputs"], text) + listed(program["outputs"], text)
            + listed(program["functions"], function))


def ints(**named):
    return [[name, "integers", value if isinstance(value, list) else [value]] for name, value in named.items()]


def literal(element, sizes, packed):
    return ["constant", [], ints(element=element, shape=sizes) + [["value", "bytes", packed.hex()]]]


def scan(operands, body, length, constants, carries, reverse, **until):
    attributes = ints(length=length, constants=constants, carries=carries, reverse=reverse, **until)
    return ["scan", operands, attributes + [["body", "function", body]]]


def call(operands, body):
    return ["call", operands, [["body", "function", body]]]


class Body:
    """A function that is being written: numbers the values as its nodes come."""

    def __init__(self, *parameters):
        self.parameters, self.nodes, self.count = [list(p) for p in parameters], [], len(parameters)

    def __call__(self, primitive, operands=(), results=1, **attributes):
        return self.append([primitive, list(operands), ints(**attributes)], results)

    def append(self, node, results=1):
        self.nodes.append(node)
        self.count += results
        return self.count - results

    def returning(self, *results):
        return {"parameters": self.parameters, "nodes": self.nodes, "results": list(results)}


def small():
    f = Body((F32, [2, 3]))
    doubled = f("add", [0, 0])
    return {"inputs": ["x"], "outputs": ["y"], "functions": [f.returning(f("tanh", [doubled]))]}


def empty():
    return {"inputs": [], "outputs": [], "functions": [Body().returning()]}


def unicode_names():
    f = Body((BOOL, []), (F64, [0, 5]))
    return {"inputs": ["größe", "层.0.重み"], "outputs": ["", "b"], "functions": [f.returning(1, 0)]}


def every_primitive():
    """Each primitive once, with every attribute; two loops, one inside the other."""
    step = Body((F32, [4]), (F32, [4]), (F32, [4]))  # constant, carry, input
    inner = step.returning(step("fma", [0, 1, 2]), step("subtract", [1, 2]))
    outer = Body((F32, [4]), (F32, [3, 4]), (I32, []))  # carry, input, input
    outer.append(scan([0, 0, 1], 0, length=3, constants=1, carries=1, reverse=1), 2)  # values 3 and 4
    middle = outer.returning(3, 4, 2)

    f = Body((F32, [3, 4]), (I32, [3]), (U32, [2]), (BOOL, [3]), (F64, [2, 2]))
    x, i, key, truth, d = range(5)
    out = []

    def keep(value):
        out.append(value)
        return value

    for unary in ("abs", "sign", "floor", "exponential", "log", "logistic", "sqrt", "rsqrt", "sine", "cosine",
                  "negate", "stop_gradient"):
        keep(f(unary, [x]))
    for binary in ("add", "subtract", "multiply", "divide", "maximum", "minimum"):
        keep(f(binary, [x, x]))
    keep(f("tanh", [d]))
    keep(f("remainder", [i, i]))
    keep(f("shift_left", [i, i]))
    keep(f("shift_right_logical", [key, key]))
    keep(f("fma", [d, d, d]))
    keep(f("and", [truth, truth]))
    keep(f("or", [i, i]))
    keep(f("xor", [truth, truth]))
    keep(f("not", [truth]))
    for direction in range(6):  # equal, not equal, less, less or equal, greater, greater or equal
        keep(f("compare", [i, i], comparison_direction=direction))
    keep(f("select", [truth, i, i]))
    keep(f("argmax", [x], dimension=1))
    keep(f("broadcast_in_dim", [i], shape=[2, 3, 5], broadcast_dimensions=[1]))
    keep(f("concatenate", [x, x, x], dimension=0))
    keep(f.append(literal(F32, [3], struct.pack("<3f", 1.5, -0.0, float("inf")))))
    keep(f.append(literal(F64, [], struct.pack("<d", 0.1))))
    keep(f.append(literal(I32, [2, 1], struct.pack("<2i", -1, 1 << 30))))
    keep(f.append(literal(U32, [], struct.pack("<I", MASK))))
    keep(f.append(literal(U8, [0], b"")))
    keep(f.append(literal(BOOL, [3], bytes([0, 1, 1]))))
    for element in (F32, F64, I32, U32, U8, BOOL):
        keep(f("convert", [i], element=element))
    keep(f("cumulative_sum", [x], dimension=1))
    images = f("reshape", [x], shape=[1, 2, 2, 3])
    kernels = f("reshape", [x], shape=[1, 1, 1, 12])
    keep(f("convolution", [images, kernels], window_strides=[1, 2], padding_low=[-1, 2], padding_high=[0, 1],
           lhs_dilation=[2, 1], rhs_dilation=[1, 3], feature_group_count=3, batch_group_count=1))
    keep(f("window_argmax", [images], window_dimensions=[2, 1], window_strides=[1, 2], padding_low=[1, 0],
           padding_high=[0, 0]))
    keep(f("dot_general", [x, x], lhs_batching_dimensions=[0], rhs_batching_dimensions=[0],
           lhs_contracting_dimensions=[1], rhs_contracting_dimensions=[1]))
    keep(f("gather", [x, i], batch=0))
    keep(f("scatter_add", [x, i, x], batch=0))
    keep(f("iota", element=U8, shape=[2, 7], iota_dimension=1))
    zero = f.append(literal(F32, [], struct.pack("<f", 0)))
    keep(f("pad", [x, zero], edge_padding_low=[-1, 2], edge_padding_high=[0, -3], interior_padding=[1, 0]))
    keep(f("random_bits", [key, f.append(literal(U32, [4], struct.pack("<4I", 0, 0, 0, 0)))], count=5))
    for reduction in ("reduce_sum", "reduce_prod", "reduce_max", "reduce_min"):
        keep(f(reduction, [x], dimensions=[0, 1]))
    keep(f("reshape", [x], shape=[2, 6]))
    keep(f("reverse", [x], dimensions=[1]))
    keep(f("slice", [x], start_indices=[0, 1], limit_indices=[3, 4], strides=[2, 1]))
    keep(f("sort", [i, truth], results=2, dimension=0))
    keep(f("transpose", [x], permutation=[1, 0]))
    start = f("reduce_max", [x], dimensions=[0])
    steps = f("broadcast_in_dim", [x], shape=[3, 3, 4], broadcast_dimensions=[1, 2])
    loop = f.append(scan([start, steps, i], 1, length=3, constants=0, carries=1, reverse=0), 3)
    keep(loop)
    keep(loop + 2)
    for unary in ("exponential_minus_one", "log_plus_one"):
        keep(f(unary, [x]))
    keep(f("reduce_window_sum", [x], window_dimensions=[2, 1], window_strides=[1, 3], padding_low=[1, -1],
           padding_high=[0, 2], base_dilations=[1, 2], window_dilations=[3, 1]))
    # A branch for each truth value: the rows of x have lanes, the start is shared.
    branches = [["true_branch", "function", 0], ["false_branch", "function", 0]]
    keep(f.append(["conditional", [truth, start, start, x], ints(laned=[2]) + branches], 2))
    # The inner body again: equal functions are one row of the table.
    keep(f.append(scan([start, start, x], 0, length=3, constants=1, carries=1, reverse=0), 2))
    keep(f.append(call([start, start, start], 0), 2))
    return {"inputs": ["x", "i", "key", "truth", "d"], "outputs": [f"out.{n}" for n in range(len(out))],
            "functions": [inner, middle, f.returning(*out)]}


def traced_loop():
    """What tracing the loop of TraceTests must give: the capture comes first, the literal is written in the body."""
    body = Body((F32, [2]), (F32, [2]), (F32, [2]))  # capture w, carry c, input x
    product = body("multiply", [0, 2])
    total = body("add", [1, product])
    half = body.append(literal(F32, [], struct.pack("<f", 0.5)))
    halves = body("broadcast_in_dim", [half], shape=[2], broadcast_dimensions=[])
    body = body.returning(total, body("multiply", [total, halves]))
    f = Body((F32, [2]), (F32, [2]), (F32, [5, 2]))  # w, start, xs
    loop = f.append(scan([0, 1, 2], 0, length=5, constants=1, carries=1, reverse=0), 2)
    return {"inputs": ["w", "start", "xs"], "outputs": ["last", "all"],
            "functions": [body, f.returning(loop, loop + 1)]}


def ending_loop():
    """A loop with a flag, which is its second carry."""
    body = Body((F32, []), (BOOL, []), (F32, []))  # carry, flag, input
    total = body("add", [0, 2])
    body = body.returning(total, body("compare", [2, total], comparison_direction=4), total)
    f = Body((F32, []), (BOOL, []), (F32, [5]))
    loop = f.append(scan([0, 1, 2], 0, length=5, constants=0, carries=2, reverse=0, until=1), 3)
    return {"inputs": ["start", "flag", "xs"], "outputs": ["last", "all"],
            "functions": [body, f.returning(loop, loop + 2)]}


def golden_programs():
    programs = {"small": small(), "empty": empty(), "names": unicode_names(), "every primitive": every_primitive(),
                "traced loop": traced_loop(), "ending loop": ending_loop()}
    for program in programs.values():
        data = canonical(program)
        program["bytes"], program["hash"] = data.hex(), sha(data).hex()
    return programs


# ---- Blobs (Proto/tensors.proto)

def blob_name(content):
    chunks = [content[i:i + (1 << 20)] for i in range(0, len(content), 1 << 20)]
    return sha(struct.pack("<Q", len(content)) + b"".join(sha(chunk) for chunk in chunks)).hex()


def pattern(count):
    """Bytes that differ between chunks: the low byte of i + i div 1000."""
    return bytes((i + i // 1000) & 255 for i in range(count))


def tensor_blob(element, sizes, packed):
    return struct.pack("<BB6x", element, len(sizes)) + struct.pack(f"<{len(sizes)}Q", *sizes) + packed


def golden_blobs():
    mebibyte = 1 << 20
    counts = [0, 1, 55, 1000, mebibyte - 1, mebibyte, mebibyte + 1, 2 * mebibyte, 3 * mebibyte + 12345]
    return [{"count": count, "name": blob_name(pattern(count))} for count in counts]


def golden_tensors():
    nan = b"\x00\x00\xc0\x7f"
    cases = [
        (F32, [3], struct.pack("<2f", 1.5, -0.0) + nan),
        (F64, [], struct.pack("<d", 0.1)),
        (I32, [2, 2], struct.pack("<4i", 1, -2, 1 << 30, -(1 << 31))),
        (U32, [1, 1, 2], struct.pack("<2I", 7, MASK)),
        (U8, [0, 3], b""),
        (BOOL, [4], bytes([1, 0, 0, 1])),
    ]
    return [{"element": e, "sizes": s, "bytes": p.hex(), "blob": tensor_blob(e, s, p).hex(),
             "name": blob_name(tensor_blob(e, s, p))} for e, s, p in cases]


# ---- Random numbers (Sources/Tensors/Random)

DRAW, BY_INDEX, BY_NAME = 0, 1, 2


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [b >> 32 ^ c[1] ^ k[0], b & MASK, a >> 32 ^ c[3] ^ k[1], a & MASK]
        k = [k[0] + 0x9E3779B9 & MASK, k[1] + 0xBB67AE85 & MASK]
    return c


# Random123, tests/kat_vectors: counter, key, answer.
KNOWN_ANSWERS = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([MASK] * 4, [MASK] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    ([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0],
     [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
]


def words(counter, key, count):
    first = counter[1] << 32 | counter[0]
    found = []
    for block in range(-(-count // 4)):
        place = first + block & (1 << 64) - 1
        found += philox([place & MASK, place >> 32, counter[2], counter[3]], key)
    return found[:count]


def child(key, which):
    if isinstance(which, str):
        return philox([*struct.unpack("<3I", sha(which.encode())[:12]), BY_NAME], key)[:2]
    return philox([which & MASK, 0, 0, BY_INDEX], key)[:2]


def f32(value):
    """An exact number rounded to f32, ties to even; for normal numbers and zero."""
    value = Fraction(value)
    if value == 0:
        return value
    exponent = 0
    size = abs(value)
    while size >= 2 ** (exponent + 1):
        exponent += 1
    while size < Fraction(2) ** exponent:
        exponent -= 1
    assert -126 <= exponent <= 127
    unit = Fraction(2) ** (exponent - 23)
    return round(value / unit) * unit  # `round` of a fraction takes ties to even


def fma(a, b, c):
    return f32(a * b + c)


def horner(coefficients, x):
    total = f32(Fraction(coefficients[0]))
    for coefficient in coefficients[1:]:
        total = fma(total, x, f32(Fraction(coefficient)))
    return total


LOG = ["7.0376836292e-2", "-1.1514610310e-1", "1.1676998740e-1", "-1.2420140846e-1", "1.4249322787e-1",
       "-1.6668057665e-1", "2.0000714765e-1", "-2.4999993993e-1", "3.3333331174e-1"]


def log(x):
    root = f32(Fraction("0.707106781186547524"))
    m, e = x, 0
    while m >= 1:
        m, e = m / 2, e + 1
    while m < Fraction(1, 2):
        m, e = m * 2, e - 1
    if m < root:
        m, e = m * 2, e - 1
    f = m - 1
    z = f32(f * f)
    r = f32(f32(f * z) * horner(LOG, f))
    r = fma(e, f32(Fraction("-2.12194440e-4")), r)
    r = fma(z, Fraction(-1, 2), r)
    r = f32(f + r)
    return fma(e, f32(Fraction("0.693359375")), r)


def sqrt(x):
    """The correctly rounded root, from an integer root with 60 bits to spare."""
    from math import isqrt
    scale = 1 << 120
    root = isqrt(x.numerator * scale * scale // x.denominator)
    return f32(Fraction(2 * root + 1, 2 * scale))


CENTRAL = ["2.81022636e-08", "3.43273939e-07", "-3.5233877e-06", "-4.39150654e-06", "0.00021858087", "-0.00125372503",
           "-0.00417768164", "0.246640727", "1.50140941"]
TAIL = ["-0.000200214257", "0.000100950558", "0.00134934322", "-0.00367342844", "0.00573950773", "-0.0076224613",
        "0.00943887047", "1.00167406", "2.83297682"]


def tail_measure(x):
    return -log(f32(f32(1 - x) * f32(1 + x)))


def inverse_error(x):
    w = tail_measure(x)
    return f32((horner(CENTRAL, f32(w - Fraction(5, 2))) if w < 5 else horner(TAIL, f32(sqrt(w) - 3))) * x)


def centred(word):
    x = Fraction(2 * (word >> 8) + 1, 1 << 24) - 1
    assert x == f32(x)
    return x


def meeting_point():
    """The lowest word above the middle that takes the tail's polynomial."""
    low, high = 1 << 23, (1 << 24) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if tail_measure(centred(middle << 8)) >= 5 else (middle + 1, high)
    return low << 8


def normal(word):
    x = centred(word)
    return f32(inverse_error(x) * f32(Fraction("1.4142135623730951")))


def bits_of(value):
    return struct.unpack("<I", struct.pack("<f", float(value)))[0]


def golden_random():
    cases = []
    for seed in (0, 1, 0x1234567890ABCDEF, (1 << 64) - 1):
        key = [seed & MASK, seed >> 32]
        drawn = words([0, 0, 0, DRAW], key, 203)
        order = words([0, 0, 0, DRAW], key, 37)
        cases.append({
            "seed": str(seed),
            "by index": [{"index": i, "key": child(key, i)} for i in (0, 1, 7, 1 << 31, MASK, 1 << 32, -1)],
            "by name": [{"name": n, "key": child(key, n)} for n in ("", "init", "layers.0", "größe")],
            "nested": child(child(child(key, "split"), 3), "a"),
            "bits": drawn,
            "uniform": [bits_of(Fraction(w >> 8, 1 << 24)) for w in drawn],
            "below 10": [w % 10 for w in drawn],
            "below 2^31": [w % (1 << 31) for w in drawn],
            "permutation": sorted(range(37), key=lambda i: order[i]),
            "normal": [bits_of(normal(w)) for w in drawn],
        })
    carries = {"counter": [MASK, 0, 5, 6], "key": [8, 9], "words": words([MASK, 0, 5, 6], [8, 9], 10)}
    wraps = {"counter": [MASK, MASK, 5, 6], "key": [8, 9], "words": words([MASK, MASK, 5, 6], [8, 9], 10)}
    # Words at and near both ends of normal's tail and where its two polynomials meet.
    meeting = meeting_point()
    edges = [meeting - 512, meeting - 256, meeting, meeting + 256, MASK - meeting, MASK - meeting + 256]
    edges += [0, 255, 256, MASK, MASK - 256, 1 << 31, (1 << 31) - 1] + [n * 0x00600D00 for n in range(1, 12)]
    return {"known": [{"counter": c, "key": k, "words": w} for c, k, w in KNOWN_ANSWERS], "streams": [carries, wraps],
            "seeds": cases, "edges": [{"word": w, "normal": bits_of(normal(w))} for w in edges]}


def main():
    for counter, key, answer in KNOWN_ANSWERS:
        assert philox(counter, key) == answer
    golden = {"programs": golden_programs(), "blobs": golden_blobs(), "tensors": golden_tensors(),
              "random": golden_random()}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(golden, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
