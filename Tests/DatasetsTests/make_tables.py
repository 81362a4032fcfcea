"""Writes the tables of the built-in data sets, and prints the golden values of BuiltInTests.swift.

    python3 -m venv skl && skl/bin/pip install scikit-learn==1.9.1
    skl/bin/python Tests/DatasetsTests/make_tables.py
"""
import pathlib

import sklearn
from sklearn.datasets import load_breast_cancer, load_digits

FOLDER = pathlib.Path(__file__).parents[2] / "Sources" / "Datasets" / "BuiltIn"
PIXELS = "0123456789abcdefg"  # 0 to 16


def write(file, type_name, comment, lines):
    text = "\n".join(lines)
    (FOLDER / file).write_text(
        f'// Written by Tests/DatasetsTests/make_tables.py; licence and source: SOURCES.txt.\n'
        f'// swift-format-ignore-file\n\n'
        f'/// {comment}\nenum {type_name} {{\n    static let text = """\n{text}\n"""\n}}\n')


def short(value):
    """The shortest decimal of the number, as 1001 or 0.1184."""
    return repr(float(value)).removesuffix(".0")


def digits():
    data = load_digits()
    write("DigitsTable.swift", "DigitsTable",
          "One image per line: its class, then 64 pixels, 0 to 9 and a to g for 10 to 16, row by row.",
          [f"{label} " + "".join(PIXELS[int(pixel)] for pixel in row)
           for row, label in zip(data.data, data.target)])
    golden("digits", data)
    for row in (0, 1000, 1796):
        print(f"  row {row}: class {data.target[row]}, pixels", [int(pixel) for pixel in data.data[row]])


def breast_cancer():
    data = load_breast_cancer()
    write("BreastCancerTable.swift", "BreastCancerTable",
          "CSV: a header, then one tumour per line.",
          [",".join([*data.feature_names, "diagnosis"])]
          + [",".join([*map(short, row), str(data.target_names[label])])
             for row, label in zip(data.data, data.target)])
    golden("breast cancer", data)
    for row in (0, 300, 568):
        print(f"  row {row}: {data.target_names[data.target[row]]},", list(map(short, data.data[row])))


def golden(name, data):
    x = data.data
    print(f"{name}, scikit-learn {sklearn.__version__}: {x.shape}, classes", list(map(str, data.target_names)))
    print("  features", data.feature_names[0], data.feature_names[-1])
    print("  rows of each class", [int((data.target == label).sum()) for label in range(len(data.target_names))])
    print("  sum of everything", repr(float(x.sum())))
    print("  sum of each feature", [short(round(column, 6)) for column in x.sum(axis=0)])
    print("  sum over rows of row number (from 1) times label",
          int(sum((row + 1) * int(label) for row, label in enumerate(data.target))))


if __name__ == "__main__":
    digits()
    breast_cancer()
