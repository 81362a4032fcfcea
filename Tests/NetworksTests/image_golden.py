"""A convolution, batch norm and max pooling on two 4 by 4 images, in plain Python. Prints what ImageLayerTests expects."""
from math import sqrt


def number(i, factor):
    return (i * factor % 17 - 8) / 8


rows = [[[number(16 * n + 4 * i + j, 7) for j in range(4)] for i in range(4)] for n in range(2)]
weight = [[[number((3 * a + b) * 2 + f, 5) for f in range(2)] for b in range(3)] for a in range(3)]
bias, gamma, beta = [0.5, -0.25], [1.5, -2.0], [0.125, 1.0]


def convolved(image, i, j, f):
    return bias[f] + sum(
        image[i + a - 1][j + b - 1] * weight[a][b][f]
        for a in range(3) for b in range(3) if 0 <= i + a - 1 < 4 and 0 <= j + b - 1 < 4
    )


maps = [[[[convolved(image, i, j, f) for f in range(2)] for j in range(4)] for i in range(4)] for image in rows]
for f in range(2):
    channel = [pixel[f] for image in maps for line in image for pixel in line]
    mean = sum(channel) / 32
    variance = sum((v - mean) ** 2 for v in channel) / 32
    for image in maps:
        for line in image:
            for pixel in line:
                pixel[f] = gamma[f] * (pixel[f] - mean) / sqrt(variance + 1e-5) + beta[f]
print([
    max(image[2 * i + a][2 * j + b][f] for a in range(2) for b in range(2))
    for image in maps for i in range(2) for j in range(2) for f in range(2)
])
