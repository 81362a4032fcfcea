"""The figures of OmniglotGolden.swift: reads small1 with zipfile, zlib and NumPy, and scales by averaging over areas.

Usage: python3 omniglot_golden.py images_background_small1.zip
"""
import struct
import sys
import zipfile
import zlib

import numpy as np


def pixels(png):
    position, data = 8, b""
    while position < len(png):
        size, kind = struct.unpack(">I4s", png[position:position + 8])
        content = png[position + 8:position + 8 + size]
        if kind == b"IHDR":
            width, height, bits, colour, _, _, interlace = struct.unpack(">IIBBBBB", content)
            assert (bits, colour, interlace) == (1, 0, 0)
        elif kind == b"IDAT":
            data += content
        position += 12 + size
    stride = (width + 7) // 8
    raw = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, stride + 1)
    rows = np.zeros((height, stride), np.int64)
    for y in range(height):
        kind, line = raw[y, 0], raw[y, 1:].astype(np.int64)
        above = rows[y - 1] if y else np.zeros(stride, np.int64)
        for x in range(stride):
            left = rows[y, x - 1] if x else 0
            corner = above[x - 1] if x else 0
            if kind == 0:
                add = 0
            elif kind == 1:
                add = left
            elif kind == 2:
                add = above[x]
            elif kind == 3:
                add = (left + above[x]) // 2
            else:
                guess = left + above[x] - corner
                add = min((left, above[x], corner), key=lambda v: abs(guess - v))
            rows[y, x] = (line[x] + add) % 256
    return np.unpackbits(rows.astype(np.uint8), axis=1)[:, :width]


def averaging(size, side):
    matrix = np.zeros((side, size))
    for target in range(side):
        for source in range(size):
            low, high = max(source * side, target * size), min((source + 1) * side, (target + 1) * size)
            matrix[target, source] = max(0, high - low) / size
    return matrix


archive = zipfile.ZipFile(sys.argv[1])
names = sorted(n for n in archive.namelist() if n.endswith(".png"))
grid = averaging(105, 28)
images = np.stack([grid @ (1.0 - pixels(archive.read(n))) @ grid.T for n in names]).astype(np.float32)
flat = images.reshape(-1)
print("images", len(images), "ink", float(flat.sum(dtype=np.float64)))
places = np.flatnonzero(flat[:784])[::17]
print([(int(i), round(float(flat[i]), 7)) for i in places])
