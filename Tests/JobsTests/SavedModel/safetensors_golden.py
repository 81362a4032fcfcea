"""Writes golden.safetensors beside this script with the format's own library.

pip install safetensors==0.8.0 numpy==2.4.6
"""
import pathlib

import numpy as np
from safetensors.numpy import save_file

save_file(
    {
        "members/0/weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 4 - 1,
        "members/0/bias": np.array([1e-45, -0.0, np.inf], dtype=np.float32),
        "mask": np.array([True, False, True]),
        "scale": np.array(3.141592653589793, dtype=np.float64),
        "rows": np.array([0, 4294967295], dtype=np.uint32),
        "steps": np.array([[-1], [2147483647]], dtype=np.int32),
        "pixels": np.array([0, 127, 255], dtype=np.uint8),
        "empty": np.zeros((0, 4), dtype=np.float32),
        'quote " é \\ \n': np.zeros((1, 1, 1), dtype=np.float32),
    },
    pathlib.Path(__file__).parent / "golden.safetensors",
    metadata={"format": "np"},
)
