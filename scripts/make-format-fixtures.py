#!/usr/bin/env python3
"""Writes Tests/MartletFormatsTests/Fixtures: small files by NumPy and safetensors, which the readers must open.

Needs the Python packages numpy, ml_dtypes and safetensors. Run again, it writes the same bytes.
"""
import gzip
import pathlib
import struct

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/MartletFormatsTests/Fixtures"


def npy(name, array, version=None):
    with open(FOLDER / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, array, version=version)


def idx(name, code, array):
    data = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    data += array.astype(array.dtype.newbyteorder(">")).tobytes()
    (FOLDER / f"{name}.idx").write_bytes(data)
    # Two members, which is valid gzip.
    (FOLDER / f"{name}.idx.gz").write_bytes(
        gzip.compress(data[:9], mtime=0) + gzip.compress(data[9:], mtime=0))


def main():
    FOLDER.mkdir(exist_ok=True)
    ramp = np.arange(24).reshape(2, 3, 4)
    npy("f4", ramp.astype("<f4") / 8)
    npy("f8-big-endian", ramp.astype(">f8") / 8)
    npy("i8-fortran", np.asfortranarray(ramp.astype("<i8")))
    npy("i2-big-endian-fortran-v2", np.asfortranarray((ramp - 12).astype(">i2")), (2, 0))
    npy("u1-v3", ramp.astype("u1"), (3, 0))
    npy("bool", ramp % 3 == 0)
    npy("f2-scalar", np.array(1.5, "<f2"))
    npy("f4-empty", np.zeros((3, 0, 2), "<f4"))
    npy("complex", np.zeros(2, "<c8"))

    save_file({
        "dense/kernel": ramp.astype("f4").reshape(6, 4) / 8,
        "dense/bias": np.array([1, np.inf, -0.0, 3], "f8"),
        "half": np.array([0.5, -2], "f2"),
        "brain": np.array([0.5, -2], ml_dtypes.bfloat16),
        "steps": np.array(2**40, "i8"),
        "ids": np.array([[-1, 2]], "i4"),
        "bytes": np.array([0, 255, 7], "u1"),
        "mask": np.array([True, False]),
        "small": np.array([-7, 7], "i2"),
        "empty": np.zeros((0, 5), "f4"),
    }, FOLDER / "mixed.safetensors", metadata={"format": "np", "maker": "safetensors"})

    idx("ubyte", 0x08, np.arange(24, dtype="u1").reshape(2, 3, 4))
    idx("sbyte", 0x09, np.array([-128, 0, 127], "i1"))
    idx("short", 0x0B, np.array([[-300, 300]], "i2"))
    idx("int", 0x0C, np.array([-70000, 70000], "i4"))
    idx("float", 0x0D, np.array([0.5, -1.25, np.inf], "f4"))
    idx("double", 0x0E, np.array([0.1, -1e300], "f8"))


if __name__ == "__main__":
    main()
