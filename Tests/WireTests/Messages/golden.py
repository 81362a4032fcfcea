"""Packs messages by hand, from the numbers in Proto/*.proto and the rules of https://protobuf.dev/programming-guides/encoding.

Writes golden.txt, a name and the bytes a line: ./golden.py >golden.txt. Python 3 without any package.
"""
from hashlib import sha256
from struct import pack


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def zigzag(n):
    return n * 2 if n >= 0 else -n * 2 - 1


def data(field, content):
    """A message, or bytes or text that are not empty."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def text(field, content):
    return data(field, content.encode()) if content else b""


def number(field, n, always=False):
    """An integer; the default 0 is not sent unless it is a member of a oneof."""
    return varint(field << 3) + varint(n) if n or always else b""


def packed(field, numbers):
    return data(field, b"".join(map(varint, numbers))) if numbers else b""


def digest(n):
    return bytes((n + i) & 255 for i in range(32))


F32, F64, I32, U32, U8, BOOL = range(1, 7)
WIDTH = {F32: 4, F64: 8, I32: 4, U32: 4, U8: 1, BOOL: 1}


def tensor_type(element, sizes):
    return number(1, element) + packed(2, sizes)


def tensor_blob(n, element, sizes):
    count = 1
    for size in sizes:
        count *= size
    byte_count = 8 + 8 * len(sizes) + count * WIDTH[element]
    return data(1, digest(n)) + data(2, tensor_type(element, sizes)) + number(3, byte_count)


def attempt(n, tries):
    return data(1, digest(n)) + number(2, tries)


def members(first, end, count):
    return number(1, first) + number(2, end) + number(3, count)


def assignment(role, inputs=(), attached=()):
    program = data(1, digest(9)) + data(2, digest(10)) + number(3, 1 << 24)
    return (
        attempt(1, 3)
        + data(3, role)
        + data(4, program)
        + b"".join(data(5, one) for one in inputs)
        + b"".join(data(6, one) for one in attached)
    )


messages = {
    "hello": data(1, number(1, 1) + number(2, 7) + text(3, "Rémy 🎭") + text(4, "0.1.0 (1234abc)") + number(5, 4)
                  + number(6, 8) + number(7, 1 << 36) + number(8, 4_194_304) + number(9, (1 << 64) - 1)),
    "hello, least": data(1, number(1, 1) + number(5, 1)),
    "welcome": data(2, number(1, 1 << 63) + number(2, 500) + number(3, 1500) + text(4, "0.1.0")
                    + number(5, 65536) + number(6, (1 << 64) - 1)),
    "refused": data(3, number(1, 4) + text(2, "version 2 is not spoken here") + text(3, "hello.protocol_version")),
    "refused, last code": data(3, number(1, 9)),
    "heartbeat": data(4, number(1, 5) + data(2, attempt(1, 1) + number(3, 9) + number(4, 10))
                      + data(2, attempt(2, 0xFFFFFFFF) + number(4, (1 << 63) - 1))),
    "heartbeat, least": data(4, b""),
    "heartbeat, of a coordinator": data(4, number(1, 5) + number(3, 1500)),
    "drain": data(5, b""),
    "goodbye, done": data(6, number(1, 1)),
    "goodbye, stopping": data(6, number(1, 2)),
    "assignment": data(7, assignment(
        data(1, members(3, 5, 32)),
        [tensor_blob(20, F32, [32, 64]), tensor_blob(21, BOOL, []), tensor_blob(22, F64, [0, 1 << 20, 3])],
        [digest(10), digest(20)])),
    "assignment, score": data(7, assignment(data(2, members(0, 0, 0)))),
    "assignment, round": data(7, assignment(number(3, 0, always=True))),
    "assignment, search": data(7, assignment(data(7, number(1, 11) + data(2, members(8, 16, 30))))),
    "assignment, meta-batch": data(7, assignment(data(4, number(1, 2) + number(2, 4) + number(3, 8)))),
    "assignment, meta-batches": data(7, assignment(data(8, members(300, 400, 10_000)))),
    "assignment, head": data(7, assignment(text(5, "grün"))),
    "assignment, unnamed": data(7, assignment(data(6, b""))),
    "started": data(8, attempt(3, 2)),
    "finished": data(9, attempt(4, 1) + data(3, data(1, tensor_blob(30, I32, [1] * 16)) + number(2, 1))
                     + data(3, data(1, tensor_blob(31, U32, [1 << 40]))) + number(4, 123_456_789_012)),
    "finished, nothing": data(9, attempt(4, 1)),
    "finished, not finite": data(9, attempt(4, 1) + number(5, 1)),
    "failed": data(10, attempt(5, 1) + number(3, 4) + text(4, "node 3 ('log'): not finite")),
    "failed, last code": data(10, attempt(5, 1) + number(3, 5)),
    "failed, too large": data(10, attempt(5, 1) + number(3, 2) + number(5, 1 << 33)),
    "accepted": data(11, data(1, attempt(6, 128)) + data(1, attempt(8, 1))),
    "cancel": data(12, attempt(7, 16_384)),
    "blob_request": data(13, data(1, digest(40)) + number(2, 1 << 40) + number(3, 262_144)),
    "blob_chunk": data(14, data(1, digest(41)) + number(2, 262_144) + number(3, 262_145)),
    "blob_chunk, empty": data(14, data(1, digest(42))),
    "blob_missing": data(15, data(1, digest(43))),
    "release": data(16, b"".join(data(1, digest(n)) for n in (50, 51))),
    "release, nothing": data(16, b""),
    "data_summons": data(17, b""),
    "data_hello": data(18, number(1, 1 << 40) + number(2, 300) + number(3, 7)),
    "data_hello, least": data(18, number(1, 1) + number(3, 1)),
}
messages["bundle"] = data(19, b"".join(data(1, messages[name]) for name in ("drain", "assignment", "finished", "release")))

# A program of two functions, in both of its forms: as it travels, and as it is hashed.

ports = (["x", "größe"], ["y"])
functions = [
    ([(F32, [2, 3])], [("negate", [0], [])], [1]),
    ([(F32, [2, 3]), (U8, [])],
     [("constant", [], [("bytes", bytes(range(4))), ("element", [1]), ("sizes", [])]),
      ("scan", [0, 2, 1], [("body", 0), ("count", [-1, (1 << 63) - 1, -(1 << 63)]), ("none", b"")])],
     [3, 0]),
]


def wire_attribute(name, value):
    if isinstance(value, bytes):
        return text(1, name) + data(3, value)
    if isinstance(value, int):
        return text(1, name) + number(4, value, always=True)
    return text(1, name) + data(2, packed(1, map_zigzag(value)))


def map_zigzag(values):
    return [zigzag(value) for value in values]


def wire_function(parameters, nodes, results):
    return (
        b"".join(data(1, tensor_type(*one)) for one in parameters)
        + b"".join(
            data(2, text(1, name) + packed(2, operands) + b"".join(data(3, wire_attribute(*one)) for one in attributes))
            for name, operands, attributes in nodes
        )
        + packed(3, results)
    )


wire_program = (
    b"".join(text(1, name) for name in ports[0])
    + b"".join(text(2, name) for name in ports[1])
    + b"".join(data(3, wire_function(*one)) for one in functions)
)


def integer(n):
    return pack("<q", n)


def listed(items, write):
    return integer(len(items)) + b"".join(map(write, items))


def string(content):
    return integer(len(content.encode())) + content.encode()


def hashed_attribute(attribute):
    name, value = attribute
    if isinstance(value, bytes):
        return string(name) + integer(1) + integer(len(value)) + value
    if isinstance(value, int):
        return string(name) + integer(2) + integer(value)
    return string(name) + integer(0) + listed(value, integer)


hashed_program = b"troupe program 1\n" + listed(ports[0], string) + listed(ports[1], string) + listed(
    functions,
    lambda one: listed(one[0], lambda t: integer(t[0]) + listed(t[1], integer))
    + listed(one[1], lambda n: string(n[0]) + listed(n[1], integer) + listed(n[2], hashed_attribute))
    + listed(one[2], integer),
)

for name, content in messages.items():
    print(f"{name}\t{content.hex()}")
print(f"program\t{wire_program.hex()}")
print(f"program's hash\t{sha256(hashed_program).hexdigest()}")
