"""Prints the values of WindowSumTests: sums under windows and means of pools by an independent implementation.

    python3 Tests/ExecutionTests/window_sum_golden.py

Needs JAX (made with 0.10.2): `lax.reduce_window` with `add`, and Flax's rule for means, which counts no padding.
"""
import jax.numpy as jnp
from jax import lax


def numbers(shape, factor):
    count = 1
    for size in shape:
        count *= size
    return jnp.array([(i * factor) % 17 - 8 for i in range(count)], dtype=jnp.float32).reshape(shape)


def window_sum(x, window, stride, padding, base, dilation):
    return lax.reduce_window(x, jnp.float32(0), lax.add, window, stride, padding, base, dilation)


def show(name, x):
    print(name, list(x.shape), [round(float(v), 6) for v in x.reshape(-1)])


x = numbers((4, 5), 7)
show("dilated", window_sum(x, (2, 3), (2, 1), ((1, 2), (2, 0)), (1, 2), (2, 1)))
show("cut", window_sum(x, (2, 2), (1, 2), ((-1, 1), (1, -2)), (2, 1), (1, 2)))
image = numbers((1, 3, 4, 2), 5)
sums = window_sum(image, (1, 2, 3, 1), (1, 2, 1, 1), ((0, 0), (1, 0), (0, 2), (0, 0)), (1,) * 4, (1,) * 4)
counts = window_sum(jnp.ones_like(image), (1, 2, 3, 1), (1, 2, 1, 1), ((0, 0), (1, 0), (0, 2), (0, 0)), (1,) * 4, (1,) * 4)
show("mean", sums / counts)
