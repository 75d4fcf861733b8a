#!/usr/bin/env python3
"""Writes Tests/MartletFormatsTests/Fixtures: small files by NumPy, h5py and safetensors, which the readers must open.

Needs the Python packages numpy, ml_dtypes, h5py and safetensors. Run again, it writes the same bytes.
"""
import gzip
import io
import pathlib
import struct
import zipfile

import h5py
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


def hdf5(name, fill, **options):
    with h5py.File(FOLDER / f"{name}.h5", "w", **options) as file:
        fill(file)


def types(file):
    """Every type of element, in a group each."""
    for dtype in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", ">f4", ">i2"]:
        file[f"types/{dtype}"] = np.arange(6).reshape(2, 3).astype(dtype)
    file["types/bool"] = np.array([True, False, True])
    brain = file.create_dataset("types/bfloat16", data=np.array([1, -2.5], ml_dtypes.bfloat16))
    brain.attrs["dtype"] = "bfloat16"
    file["types/scalar"] = np.float32(1.5)
    file["types/empty"] = np.zeros((0, 3), "f4")
    file["types/texts"] = ["a", "", "\u00e9t\u00e9"]
    file["types/complex"] = np.zeros(2, "c8")
    file["types/unsigned64"] = np.zeros(2, "u8")
    file["linked"] = h5py.SoftLink("/types/f4")
    attributes = file.create_group("attributes").attrs
    attributes["text"] = "a text of a length that changes"
    attributes["long"] = "x" * 70000
    attributes["bytes"] = np.bytes_(b"fixed")
    attributes["texts"] = np.array([b"one", b"three"])
    attributes["variable"] = ["one", "three"]
    attributes["none"] = np.asarray([])
    attributes["number"] = 7
    attributes["numbers"] = np.array([[1.5, 2.5]])


def chunks(file):
    """Chunks that do not divide the shape, each with other filters."""
    ramp = np.arange(70, dtype="f4").reshape(7, 10)
    for name, options in {
        "plain": {}, "gzip": dict(compression="gzip"), "shuffle": dict(compression="gzip", shuffle=True),
        "checked": dict(compression="gzip", shuffle=True, fletcher32=True), "sum": dict(fletcher32=True),
    }.items():
        file.create_dataset(name, data=ramp, chunks=(3, 4), **options)
    file.create_dataset("many", data=np.arange(2000, dtype="i4"), chunks=(3,))
    partly = file.create_dataset("partly", (7, 10), "f4", chunks=(3, 4))
    partly[3:6, 4:8] = 1
    file.create_dataset("never", (7, 10), "f4")
    file.create_dataset("lzf", data=ramp, chunks=(3, 4), compression="lzf")


def large(file):
    """Arrays and chunks that take far more memory than the file."""
    file.create_dataset("unwritten", (1 << 28,), "u1", chunks=(1 << 20,), compression="gzip")
    chunk = file.create_dataset("chunk", (4,), "u1", maxshape=(None,), chunks=(5 << 20,), compression=9)
    chunk[:] = 1


def many(file):
    """A tree of groups' names with more than one level."""
    for number in range(300):
        file[f"g{number:03}"] = np.float32(number)


def loop(file):
    file["a/b/c"] = np.zeros(2)
    file["a/b/again"] = file["a"]


def new(file):
    """The form of HDF5 1.8 and later, as far as it is supported."""
    file["group/values"] = np.arange(6, dtype="f4")
    file["group"].attrs["text"] = "new"
    for number in range(20):
        file.create_group(f"dense/{number}")
        file["dense"].attrs[f"a{number}"] = number
    file.create_dataset("chunked", data=np.arange(100.0), chunks=(7,))


def archive(name, entries, method=zipfile.ZIP_DEFLATED, change=lambda data: data):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as file:
        for entry, content in entries:
            file.writestr(zipfile.ZipInfo(entry, (1980, 1, 1, 0, 0, 0)), content, method)
    (FOLDER / name).write_bytes(change(data.getvalue()))


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
    words = np.array([["fig", "", "Äpfel"], ["梨", "🍐 pear", "a b"]])
    npy("strings", words)
    npy("strings-big-endian-fortran", np.asfortranarray(words.astype(">U6")))
    npy("bytes", np.char.encode(words, "utf-8"))
    npy("strings-empty", np.array(["", ""], "<U0"))

    hdf5("types", types)
    hdf5("chunks", chunks)
    hdf5("large", large)
    hdf5("many", many)
    hdf5("loop", loop)
    hdf5("new", new, libver="latest")

    npz = io.BytesIO()
    np.savez_compressed(npz, x=ramp.astype("f4"), y=np.array([True]))
    with zipfile.ZipFile(npz) as file:
        archive("two.npz", [(entry, file.read(entry)) for entry in file.namelist()])
    archive("stored.zip", [("folder/", b""), ("folder/a.txt", b"a" * 5000), ("b.txt", b"")], zipfile.ZIP_STORED)
    archive("parent.zip", [("../a.txt", b"a")])
    archive("absolute.zip", [("/a.txt", b"a")])
    archive("twice.zip", [("a.txt", b"a"), ("a.txt", b"b")])
    archive("checksum.zip", [("a.txt", b"abcdef")], zipfile.ZIP_STORED, lambda d: d.replace(b"abcdef", b"abcdeg"))
    # The size in the archive's directory is 4 GiB - 2.
    size = struct.pack("<I", 1000)
    archive("bomb.zip", [("a.txt", bytes(1000))], change=lambda d: d.replace(size, b"\xfe\xff\xff\xff"))

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
