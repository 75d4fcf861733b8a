#!/usr/bin/env python3
"""Writes Sources/MartletData/Digits+Embedded.swift: the handwritten digits, embedded in the package.

    scripts/make-digits.py FILE

FILE is the test set of "Optical Recognition of Handwritten Digits" (UCI Machine Learning Repository), plain or gzipped:
the repository's own `optdigits.tes`, or `sklearn/datasets/data/digits.csv.gz` of a scikit-learn wheel, which holds the
same lines. A line is one sample: 64 pixels 0...16 row by row, then the label 0...9, separated by commas.

The samples are checked against the known digest before anything is written. Needs only Python's standard library.
"""
import base64
import collections
import gzip
import hashlib
import pathlib
import sys
import zlib

SHA256 = "68aea062d35a127749050fa0e52dca09d6569ac08092c925610e0954e172dde2"
LABELS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
WIDTH = 119  # of a line, before its backslash

TEMPLATE = '''\
// Written by scripts/make-digits.py.

/// The test set of "Optical Recognition of Handwritten Digits": 1,797 images of 8x8 pixels, by 13 writers.
///
/// Source: E. Alpaydin and C. Kaynak (1998), *Optical Recognition of Handwritten Digits*, UCI Machine Learning
/// Repository, https://doi.org/10.24432/C50P49, licence CC BY 4.0.
package enum DigitsData {{
    /// The number of samples.
    package static let count = {count}

    /// The number of bytes of a sample: 64 pixels 0...16, row by row from the top left, then the label 0...9.
    package static let bytesPerSample = 65

    /// The samples one after another (`count * bytesPerSample` = {size} bytes), as a zlib stream, in base64.
    ///
    /// SHA-256 of the unpacked bytes:
    /// `{sha256}`.
    package static let base64 = """
{lines}
"""
}}
'''


def samples(path):
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("ascii")
    return [bytes(int(float(field)) for field in line.split(",")) for line in text.split()]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rows = samples(pathlib.Path(sys.argv[1]))
    unpacked = b"".join(rows)
    labels = collections.Counter(row[-1] for row in rows)
    digest = hashlib.sha256(unpacked).hexdigest()
    if digest != SHA256 or [labels[i] for i in range(10)] != LABELS:
        sys.exit(f"{sys.argv[1]}: expected 1797 samples with SHA-256 {SHA256}, got {len(rows)} with {digest}")

    encoded = base64.b64encode(zlib.compress(unpacked, 9)).decode("ascii")
    lines = [encoded[i:i + WIDTH] for i in range(0, len(encoded), WIDTH)]
    target = pathlib.Path(__file__).parent.parent / "Sources/MartletData/Digits+Embedded.swift"
    target.write_text(TEMPLATE.format(
        count=len(rows), size=f"{len(unpacked):,}", sha256=digest, lines="\\\n".join(lines)))


if __name__ == "__main__":
    main()
