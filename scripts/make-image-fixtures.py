#!/usr/bin/env python3
"""Writes Tests/MartletImagesTests/Fixtures: small images of all kinds, what Pillow reads in them, and what Keras makes of a
folder of them.

Needs Pillow, NumPy, and Keras on TensorFlow. The expected values are in `expected.npz` (Pillow) and `folder.npz` (Keras).
"""
import os
import shutil
import struct
import tempfile
import zlib
from pathlib import Path

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "KERAS_BACKEND": "tensorflow"}
import numpy as np
from PIL import Image

FOLDER = Path(__file__).parent.parent / "Tests/MartletImagesTests/Fixtures"
rng = np.random.default_rng(5)


def picture(height, width, channels):
    """Smooth colours with some noise."""
    y, x = np.mgrid[0:1:height * 1j, 0:1:width * 1j]
    waves = [np.sin(3 * x + 5 * y * (c + 1) + c) for c in range(channels)]
    image = 127 + 100 * np.stack(waves, -1) + rng.normal(0, 6, (height, width, channels))
    return image.clip(0, 255).astype(np.uint8)


def png(path, width, height, bits, kind, rows, interlaced=False, extra=b""):
    """A PNG of rows of packed bytes, one filter byte in front of each; for an interlaced one all passes are given."""
    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, int(interlaced))
    data = b"".join(b"\x00" + bytes(row) for row in rows)
    parts = [chunk(b"IHDR", head), extra, chunk(b"IDAT", zlib.compress(data, 9)), chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def adam7(image):
    """The rows of the seven passes."""
    for y, x, dy, dx in ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)):
        part = image[y::dy, x::dx]
        if part.shape[1]:
            yield from (row.tobytes() for row in part)


def make_images():
    rgb, rgba, grey = picture(13, 17, 3), picture(9, 11, 4), picture(12, 10, 1)[..., 0]
    Image.fromarray(rgb).save(FOLDER / "rgb.png")
    Image.fromarray(rgba).save(FOLDER / "rgba.png")
    Image.fromarray(grey).save(FOLDER / "grey.png")
    Image.fromarray(picture(7, 8, 2)).save(FOLDER / "grey-alpha.png")
    Image.fromarray(rgb).quantize(16).save(FOLDER / "palette.png")
    Image.fromarray(rgb).quantize(7).save(FOLDER / "palette-transparent.png", transparency=2)
    Image.fromarray(grey > 120).save(FOLDER / "one-bit.png")
    png(FOLDER / "two-bits.png", 5, 3, 2, 0, [[0b00011011, 0b11000000], [0b11100100, 0], [0b01010101, 0b01000000]])
    png(FOLDER / "interlaced.png", 17, 13, 8, 2, adam7(rgb), interlaced=True)
    wide = rng.integers(0, 65536, (6, 5, 3), dtype=np.uint16)
    png(FOLDER / "rgb16.png", 5, 6, 16, 2, [row.astype(">u2").tobytes() for row in wide])
    png(FOLDER / "grey16.png", 5, 6, 16, 0, [row.astype(">u2").tobytes() for row in wide[..., 0]])
    png(FOLDER / "key.png", 17, 13, 8, 2, [row.tobytes() for row in rgb],
        extra=chunk(b"tRNS", struct.pack(">3H", *map(int, rgb[0, 0]))) + chunk(b"gAMA", struct.pack(">I", 100000)))
    photo = picture(40, 56, 3)
    for name, options in {"420": {}, "444": dict(subsampling=0), "422": dict(subsampling=1),
                          "progressive": dict(progressive=True), "optimized": dict(optimize=True, quality=40)}.items():
        Image.fromarray(photo).save(FOLDER / f"{name}.jpg", **dict(dict(quality=85), **options))
    Image.fromarray(photo[..., 0]).save(FOLDER / "grey.jpg", quality=85)
    Image.fromarray(picture(24, 20, 4), "CMYK").save(FOLDER / "cmyk.jpg", quality=90)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture(16, 24, 3)).save(FOLDER / "rotated.jpg", exif=exif)

    expected = {}
    for path in sorted(FOLDER.glob("*.png")) + sorted(FOLDER.glob("*.jpg")):
        image = Image.open(path)
        for mode, name in (("L", "grayscale"), ("RGB", "rgb"), ("RGBA", "rgba")):
            if path.name == "grey16.png":
                high = (np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)
                image8 = Image.fromarray(high)
            else:
                image8 = image
            data = np.asarray(image8.convert(mode))
            expected[f"{path.name}/{name}"] = data if data.ndim == 3 else data[..., None]
    np.savez_compressed(FOLDER / "expected.npz", **expected)


def make_damaged():
    """A bomb, and files that are cut or changed; one that lacks only its last marker."""
    head = struct.pack(">IIBBBBB", 60000, 60000, 8, 6, 0, 0, 0)
    (FOLDER / "bomb.png.bad").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100_000), 9)) + chunk(b"IEND", b""))
    whole = (FOLDER / "420.jpg").read_bytes()
    (FOLDER / "no-end.jpg.bad").write_bytes(whole[:-2])


def make_folder():
    """What Keras reads in a folder made of the images above."""
    import keras
    arrays = {}
    with tempfile.TemporaryDirectory() as top:
        for number, name in enumerate(["rgb.png", "420.jpg", "interlaced.png", "grey.png", "444.jpg", "palette.png"]):
            place = Path(top, "ab"[number % 2], "deep" if number == 4 else "")
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(FOLDER / name, place / name)
        # Without JPEG, whose transform is another in TensorFlow.
        for case, options in {
            "bilinear": {}, "nearest": dict(interpolation="nearest"), "bicubic": dict(interpolation="bicubic"),
            "area": dict(interpolation="area"), "lanczos3": dict(interpolation="lanczos3"),
            "crop": dict(crop_to_aspect_ratio=True), "pad": dict(pad_to_aspect_ratio=True),
            "rgba": dict(color_mode="rgba"),
        }.items():
            if case == "rgba":  # which TensorFlow's reader of JPEG does not know
                for path in Path(top).rglob("*.jpg"):
                    path.unlink()
            data = keras.utils.image_dataset_from_directory(
                top, image_size=(8, 14), shuffle=False, verbose=False, label_mode="categorical", **options)
            x, y = next(iter(data))
            keep = [i for i, path in enumerate(data.file_paths) if path.endswith(".png")]
            arrays[case] = np.asarray(x)[keep].astype(np.float32)
            if case == "rgba":
                continue
            arrays["labels"] = np.asarray(y)
            arrays["paths"] = np.array([ord(c) for c in "\n".join(os.path.relpath(p, top) for p in data.file_paths)], np.int64)
    np.savez_compressed(FOLDER / "folder.npz", **arrays)


FOLDER.mkdir(parents=True, exist_ok=True)
make_images()
make_damaged()
make_folder()
