"""Prints the golden values of the tests of splits, standardisation, digests and decimals, from scikit-learn and hashlib.

    python3 -m venv skl && skl/bin/pip install scikit-learn==1.9.1
    skl/bin/python Tests/DatasetsTests/make_golden.py

The random numbers are written out once more from the paper (Salmon et al. 2011) and the rules of the library's keys.
"""
import hashlib
import struct

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.preprocessing import StandardScaler

MASK = (1 << 32) - 1
DRAW, BY_INDEX, BY_NAME = 0, 1, 2


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [b >> 32 ^ c[1] ^ k[0], b & MASK, a >> 32 ^ c[3] ^ k[1], a & MASK]
        k = [k[0] + 0x9E3779B9 & MASK, k[1] + 0xBB67AE85 & MASK]
    return c


def child(key, which):
    if isinstance(which, str):
        words = struct.unpack("<3I", hashlib.sha256(which.encode()).digest()[:12])
        return philox([*words, BY_NAME], key)[:2]
    return philox([which, 0, 0, BY_INDEX], key)[:2]


def permutation(key, count):
    words = [philox([i // 4, 0, 0, DRAW], key)[i % 4] for i in range(count)]
    return sorted(range(count), key=lambda i: words[i])  # stable


def test_rows(target, fraction, seed):
    key = child([seed & MASK, seed >> 32], "split")
    chosen = []
    for label in range(target.max() + 1):
        rows = np.flatnonzero(target == label)
        count = min(max(int(fraction * len(rows) + 0.5), 1), len(rows) - 1)
        chosen += [int(rows[i]) for i in permutation(child(key, label), len(rows))[:count]]
    return sorted(chosen)


def digest_of_rows(rows):
    return hashlib.sha256(struct.pack(f"<{len(rows)}i", *rows)).hexdigest()


def blob_hash(array, element):
    """The name of a tensor's blob; for one chunk."""
    header = struct.pack("<BB6x", element, array.ndim) + struct.pack(f"<{array.ndim}Q", *array.shape)
    blob = header + array.tobytes()
    assert len(blob) <= 1 << 20
    return hashlib.sha256(struct.pack("<Q", len(blob)) + hashlib.sha256(blob).digest()).digest()


def names(list_of_names):
    coded = [name.encode() for name in list_of_names]
    return struct.pack("<Q", len(coded)) + b"".join(struct.pack("<Q", len(name)) + name for name in coded)


def dataset_hash(features, feature_names, row_shape, labels, class_names):
    content = b"troupe dataset 1" + blob_hash(features, 1) + names(feature_names)
    content += struct.pack("<Q", len(row_shape)) + struct.pack(f"<{len(row_shape)}Q", *row_shape)
    content += bytes([0]) + blob_hash(labels, 3) + names(class_names)
    return hashlib.sha256(content).hexdigest()


def main():
    digits, cancer = load_digits(), load_breast_cancer()
    for seed in (0, 1, 0x1234567890ABCDEF):
        rows = test_rows(digits.target, 0.3, seed)
        print(f"digits, 0.3, seed {seed:#x}: {len(rows)} test rows, first {rows[:8]}, sha256 {digest_of_rows(rows)}")

    rows = test_rows(cancer.target, 0.3, 0)
    training = np.delete(cancer.data, rows, axis=0).astype(np.float32).astype(np.float64)
    scaler = StandardScaler().fit(training)
    print("breast cancer, training rows", training.shape[0])
    print("  means ", [float(np.float32(x)) for x in scaler.mean_])
    print("  scales", [float(np.float32(x)) for x in scaler.scale_])

    pixels = (digits.data / 16).astype("<f4")
    print("hash of digits", dataset_hash(pixels, digits.feature_names, (8, 8, 1), digits.target.astype("<i4"),
                                         [str(name) for name in digits.target_names]))
    print("hash of breast cancer", dataset_hash(cancer.data.astype("<f4"), list(cancer.feature_names), (30,),
                                                cancer.target.astype("<i4"), list(cancer.target_names)))

    for text in ("0.1", "-1e-3", "16777217", "123456789012345678901234567890", "3.4028235e38", "1e-46", "7.006e-46",
                 "0.3333333333333333333333333", "9007199254740993", "1.00000005960464477539062500001"):
        print(f"  {text}: float64 bits {struct.unpack('<Q', struct.pack('<d', float(text)))[0]:#x}")


if __name__ == "__main__":
    main()
