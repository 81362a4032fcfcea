"""Convolutions with every attribute and positions of maxima, from the textbook: holes and padding are written out as zeros
(or as minus infinity), groups are cut out, and every sum is a plain one. All numbers are whole, so every sum is exact.

Prints what ConvolutionTests and MaxPoolingTests expect. numpy 2.4 was used.
"""
import numpy as np


def numbers(shape, factor):
    return np.array([(i * factor) % 17 - 8 for i in range(int(np.prod(shape)))], dtype=float).reshape(shape)


def spread(x, axis, distance):
    """x with distance - 1 zeros between neighbours along an axis."""
    sizes = list(x.shape)
    sizes[axis] = max(0, (sizes[axis] - 1) * distance + 1)
    wide = np.zeros(sizes)
    wide[tuple(slice(None, None, distance) if a == axis else slice(None) for a in range(x.ndim))] = x
    return wide


def edged(x, axis, low, high, fill=0.0):
    for count, where in ((low, 0), (high, 1)):
        if count < 0:
            cut = slice(-count, None) if where == 0 else slice(None, count)
            x = x[tuple(cut if a == axis else slice(None) for a in range(x.ndim))]
        else:
            edge = list(x.shape)
            edge[axis] = count
            parts = [np.full(edge, fill), x]
            x = np.concatenate(parts if where == 0 else parts[::-1], axis)
    return x


def plain(x, k, stride):
    """No padding, no holes, no groups: one window after another."""
    n, rows, columns, _ = x.shape
    height, width, _, features = k.shape
    out = np.zeros((n, (rows - height) // stride[0] + 1, (columns - width) // stride[1] + 1, features))
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            window = x[:, i * stride[0]:i * stride[0] + height, j * stride[1]:j * stride[1] + width, :]
            out[:, i, j, :] = np.tensordot(window, k, axes=([1, 2, 3], [0, 1, 2]))
    return out


def convolution(x, k, stride=(1, 1), low=(0, 0), high=(0, 0), dilation=(1, 1), kernel_dilation=(1, 1), groups=1, batch_groups=1):
    for axis in range(2):
        x = edged(spread(x, axis + 1, dilation[axis]), axis + 1, low[axis], high[axis])
        k = spread(k, axis, kernel_dilation[axis])
    parts = groups * batch_groups
    images = np.split(x, batch_groups, 0) if batch_groups > 1 else np.split(x, groups, 3)
    return np.concatenate([plain(i, f, stride) for i, f in zip(images, np.split(k, parts, 3))], 3)


def show(name, x):
    print(name, list(x.shape), [int(v) for v in x.reshape(-1)])


x, k = numbers((1, 4, 5, 2), 7), numbers((2, 3, 2, 2), 5)
show("plain", convolution(x, k))
show("stride", convolution(x, k, stride=(2, 1)))
show("padding", convolution(x, k, low=(1, -1), high=(-2, 2)))
show("input dilation", convolution(x, k, dilation=(2, 1), low=(-2, -1), high=(-1, 0)))
show("kernel dilation", convolution(x, k, kernel_dilation=(3, 2)))
show("groups", convolution(x, numbers((3, 3, 1, 4), 5), groups=2))
show("batch groups", convolution(numbers((2, 3, 3, 2), 7), numbers((2, 2, 2, 4), 5), batch_groups=2))
show("all", convolution(numbers((1, 5, 6, 4), 7), numbers((2, 3, 2, 4), 5), stride=(2, 3), low=(2, -1), high=(1, 4),
                        dilation=(2, 1), kernel_dilation=(3, 2), groups=2))


def window_argmax(x, window, stride, low, high):
    """Positions in one example of the largest of each window, the first of equals."""
    places = np.arange(x[0].size).reshape(x.shape[1:]).astype(float)
    for axis in range(2):
        x = edged(x, axis + 1, low[axis], high[axis], -np.inf)
        places = edged(places, axis, low[axis], high[axis], -1)
    n, rows, columns, channels = x.shape
    out = np.zeros((n, (rows - window[0]) // stride[0] + 1, (columns - window[1]) // stride[1] + 1, channels))
    for index in np.ndindex(out.shape):
        i, j = index[1] * stride[0], index[2] * stride[1]
        candidates = x[index[0], i:i + window[0], j:j + window[1], index[3]].reshape(-1)
        out[index] = places[i:i + window[0], j:j + window[1], index[3]].reshape(-1)[np.argmax(candidates)]
    return out


x = numbers((2, 4, 5, 2), 7)
show("positions", window_argmax(x, (2, 3), (2, 2), (1, 0), (0, 2)))
