"""The encoding of the test fixtures, shared by the scripts that make them.

A file is `{"source": text, "cases": [case, ...]}`, a case on each line. A tensor is
`{"shape": [...], "dtype": "float64" | "float32" | "int64" | "bool", "values": [...]}` with its values in row-major
order; "nan", "inf" and "-inf" are strings, a bool is 0 or 1, and every other number reads back to the same bits.
"""
import json
import math
import pathlib

import numpy as np

TESTS = pathlib.Path(__file__).parent.parent / "Tests"


def number(value):
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return int(value)
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return float(str(value)) if isinstance(value, np.float32) else float(value)


def tensor(array):
    array = np.asarray(array)
    return dict(shape=list(array.shape), dtype=str(array.dtype), values=[number(v) for v in array.ravel()])


def write(path, source, cases, **shared):
    """`shared` are further tensors of the file that its cases have in common."""
    head = json.dumps(dict(source=source, **shared), allow_nan=False)[:-1]
    lines = ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
    path = TESTS / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{head}, "cases": [\n{lines}\n]}}\n')
    print(f"{path.name}: {len(cases)} cases, {path.stat().st_size:,} bytes")


class Draw:
    """Random inputs with three significant digits, of a generator whose stream NumPy never changes."""

    def __init__(self, seed):
        self.random = np.random.RandomState(seed)

    @staticmethod
    def rounded(array):
        return np.vectorize(lambda v: float(f"{v:.3g}"), otypes=[np.float64])(array)

    def uniform(self, shape, low=-2.0, high=2.0):
        return self.rounded(self.random.uniform(low, high, shape))

    def distinct(self, shape, low=-2.0, high=2.0):
        """No two values are closer than half a step of an even grid: no ties for max, sort and the like."""
        count = math.prod(shape)
        grid = np.linspace(low, high, max(count, 2))[:count]
        jitter = self.random.uniform(0.3, 0.6) * (high - low) / max(count - 1, 1)
        values = np.array([float(f"{v:.6g}") for v in grid + jitter * self.random.uniform(-0.5, 0.5, count)])
        return self.random.permutation(values).reshape(shape)

    def integers(self, shape, low, high):
        """In low ..< high."""
        return self.random.randint(low, high, shape).astype(np.int64)
