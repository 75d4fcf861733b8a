#!/usr/bin/env python3
"""Reads the weights in a model file of `martlet demo` with h5py, and compares its arrays with the digest that the command printed.

    scripts/check-hdf5.py CLI      needs numpy and h5py
"""
import hashlib
import io
import json
import subprocess
import sys
import tempfile
import zipfile

import h5py

with tempfile.TemporaryDirectory() as folder:
    command = [sys.argv[1], "demo", "--data", "digits", "--limit", "60", "--epochs", "1", "--json", "--run", f"{folder}/run"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    expected = json.loads(lines[-1])["weights_sha256"]
    arrays = {}
    weights = zipfile.ZipFile(f"{folder}/run/model.keras").read("model.weights.h5")
    with h5py.File(io.BytesIO(weights), "r") as file:
        file.visititems(lambda name, item: arrays.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
        layers = sorted({name.rsplit("/vars/", 1)[0] for name in arrays if name.startswith("layers/")})
        layers = [name for name in layers if not name.endswith("seed_generator")]
    # The layers of the demo are in the order of their names.
    names = [n for layer in layers for n in sorted(n for n in arrays if n.startswith(layer + "/vars/"))]
    found = hashlib.sha256(b"".join(arrays[name].tobytes() for name in names)).hexdigest()
    if found != expected:
        sys.exit(f"The weights in the file have the digest {found}, not {expected}: {names}")
    print(f"check-hdf5: {len(names)} arrays, as h5py reads them")
