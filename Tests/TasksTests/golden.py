"""Prints the golden values of the tests of tasks, from their description in Proto/tasks.proto.

    python3 Tests/TasksTests/golden.py
"""
import hashlib
import struct


def sha(data):
    return hashlib.sha256(data).digest()


def task(numerics, program, inputs):
    return sha(b"troupe task 1\n" + struct.pack("<I", numerics) + program + b"".join(inputs)).hex()


def blob(content):
    """The name of a blob of one chunk."""
    return sha(struct.pack("<Q", len(content)) + sha(content))


program, first, second = (sha(name) for name in (b"program", b"first", b"second"))
print("no input, numerics 1      ", task(1, program, []))
print("two inputs, numerics 1    ", task(1, program, [first, second]))
print("exchanged, numerics 1     ", task(1, program, [second, first]))
print("two inputs, numerics 2^24+7", task((1 << 24) + 7, program, [first, second]))

# The program `x ↦ x · x` of f32[2] (Proto/program.proto), and x = [1.5, -2] (Proto/tensors.proto).
q, s = (lambda n: struct.pack("<q", n)), (lambda t: struct.pack("<q", len(t)) + t)
square = s(b"multiply") + q(2) + q(0) + q(0) + q(0)
function = q(1) + q(1) + q(1) + q(2) + q(1) + square + q(1) + q(1)
whole = sha(b"troupe program 1\n" + q(1) + s(b"x") + q(1) + s(b"y") + q(1) + function)
x = blob(struct.pack("<BB6xQ2f", 1, 1, 2, 1.5, -2))
print("program                   ", whole.hex())
print("x                         ", x.hex())
print("task                      ", task(1, whole, [x]))
