"""Seeds and mutants for torture.py: model files with data that fits them, and what damages them.

Each mutant is a function of a seed and its number.
"""
import gzip
import io
import json
import math
import random
import re
import struct
import zipfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAN, INF = float("nan"), float("inf")
EXTREMES = [-1, 0, 1, 2, 7, 2**31, 2**32 + 1, 2**53, 2**63 - 1, -2**63, 2**64, 1e-300, 1e308, 0.5, -0.5, NAN, INF]
WORDS = ["", "x", "mse", "Dense", "float32", "none", "same", "é" * 50, "a" * 3000, "../../x", "\x00"]


# Files

def npy(dtype, shape, data, version=(1, 0), order=False):
    text = repr({"descr": dtype, "fortran_order": order, "shape": tuple(shape)})
    head = text.encode("latin1", "replace").ljust(((len(text) + 75) // 64) * 64 - 11) + b"\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H", len(head)) + head + data


def floats(values, shape):
    return npy("<f4", shape, struct.pack(f"<{len(values)}f", *values))


def npy_shape(data):
    found = re.search(rb"'shape': \(([^)]*)\)", data[:500])
    return [int(n) for n in found[1].split(b",") if n.strip()] if found else []


def read_archive(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_archive(entries):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return target.getvalue()


class Seed:
    """A model with data that fits it: bytes by file name, `x0.npy`, `y0.npy`, ..."""

    def __init__(self, name, model, x, y):
        self.name, self.model, self.x, self.y = name, model, x, y
        self.ending = Path(name).suffix
        self.json = json.loads(read_archive(model)["config.json"]) if self.ending == ".keras" else None


def inputs_for(config):
    """Data for a model that came without: from the shapes of its input layers."""
    shapes = re.findall(r'"(?:batch_shape|batch_input_shape)": \[null, ([\d, ]*)\]', json.dumps(config))
    shapes = [[4] + [int(n) for n in text.split(",") if n.strip()] for text in dict.fromkeys(shapes)]
    return [floats([0.1 * (i % 7) for i in range(math.prod(shape))], shape) for shape in shapes[:1] if math.prod(shape) < 10000]


def seeds(martlet, corpus, folder):
    found = []
    for meta in sorted(corpus.glob("public/*/*/meta.json")) if corpus else []:
        case = meta.parent
        model = next((p for p in (case / "model.keras", case / "model.h5") if p.exists()), None)
        if model and model.stat().st_size < 100_000:
            x, y = ([p.read_bytes() for p in sorted(case.glob(f"{c}*.npy")) if re.fullmatch(c + r"\d*", p.stem)] for c in "xy")
            found.append(Seed(model.name, model.read_bytes(), x, y))
    for path in sorted((ROOT / "Tests/MartletNNTests/Fixtures").rglob("*")):
        if path.suffix not in (".keras", ".h5") or path.name.endswith(".weights.h5") or path.stat().st_size > 100_000:
            continue
        seed = Seed(path.name, path.read_bytes(), [], [])
        seed.x = inputs_for(seed.json) if seed.json else []
        out = Path(folder, "probe.npy")
        if seed.x and martlet.run(["predict", path, "--x", written(folder, "probe-x.npy", seed.x[0]), "-o", out]).kind == "done":
            seed.y = [out.read_bytes()]
        found.append(seed)
    return found


def written(folder, name, data):
    path = Path(folder, name)
    path.write_bytes(data)
    return path


# Mutants

def places(node, path=()):
    """All places in JSON, as paths."""
    yield path
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from places(value, path + (key,))


def at(node, path):
    for key in path:
        node = node[key]
    return node


def changed_json(rng, node, others, among=places):
    """A copy of JSON with one place changed: another value, gone, twice, or that of a place of this name in `others`.
    `among` gives the places that may change."""
    node = json.loads(json.dumps(node))
    path = rng.choice([p for p in among(node) if p] or [None])
    if path is not None:
        parent, key = at(node, path[:-1]), path[-1]
        value, action = parent[key], rng.random()
        if action < 0.1 and isinstance(parent, dict):
            del parent[key]
        elif action < 0.2 and isinstance(parent, list):
            parent.insert(key, json.loads(json.dumps(value)))
        elif action < 0.5 and isinstance(value, (int, float)) and not isinstance(value, bool):
            parent[key] = rng.choice(EXTREMES + [value + 1, value - 1, -value, value * 1000, [value, value], str(value)])
        elif action < 0.8:
            other = rng.choice(others)
            same = [p for p in places(other) if p and p[-1] == key]
            parent[key] = json.loads(json.dumps(at(other, rng.choice(same)))) if same else rng.choice(WORDS)
        else:
            shapes = [None, True, False, [], {}, [None], [value], {"class_name": value}, [[[]]]]
            parent[key] = rng.choice(EXTREMES + WORDS + shapes)
    return node


def mutated_json(rng, config, others):
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        part = rng.choice(("config", "config", "compile_config"))

        def among(node):
            inner = node.get(part) if isinstance(node, dict) else None
            return places(node) if inner is None else ((part,) + p for p in places(inner) if p)

        config = changed_json(rng, config, others, among)
    return encoded(config)


def encoded(node):
    return json.dumps(node).encode("utf-8", "surrogatepass")


def mutated_bytes(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 30))):
        if not data:
            break
        i, action = rng.randrange(len(data)), rng.random()
        if action < 0.4:
            data[i] ^= 1 << rng.randrange(8)
        elif action < 0.6:
            data[i] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif action < 0.75:
            field = rng.choice((0, 1, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1, rng.getrandbits(64)))
            data[i:i + 8] = struct.pack("<Q", field)
        elif action < 0.85:
            del data[i:i + rng.choice((1, 4, 100))]
        elif action < 0.95:
            data[i:i] = data[rng.randrange(len(data)):][:rng.choice((1, 8, 200))]
        else:
            del data[i:]
    return bytes(data)


def mutated_array(rng, data):
    """Another array of numbers, well formed but not what was asked for; or damaged bytes."""
    if rng.random() < 0.3:
        return mutated_bytes(rng, data)
    shape = npy_shape(data)
    for _ in range(rng.choice((0, 1, 1, 2))):
        i = rng.randrange(len(shape) + 1)
        change = rng.random()
        if change < 0.3:
            shape.insert(i, rng.choice((1, 1, 2, 0)))
        elif change < 0.6 and shape:
            del shape[min(i, len(shape) - 1)]
        elif shape:
            shape[min(i, len(shape) - 1)] = rng.choice((0, 1, 2, 3, 5, 17))
    count = math.prod(shape)
    if count > 1_000_000:
        return mutated_bytes(rng, data)
    letter, most = rng.choice((("f", None), ("f", None), ("d", None), ("q", 2**63 - 1), ("i", 2**31 - 1), ("B", 255), ("?", 1)))
    odd = rng.choice((0.02, 0.3))
    values = []
    for _ in range(count):
        value = rng.choice((0, 1, 2, 3, rng.random()))
        if rng.random() < odd:
            value = rng.choice((NAN, INF, 1e30, -1, 2**31, 2**63 - 1) if most is None else (most, most // 2, 9, -1))
        values.append(value if most is None else max(0 if letter in "B?" else -most, min(most, int(value))))
    name = {"f": "<f4", "d": "<f8", "q": "<i8", "i": "<i4", "B": "|u1", "?": "|b1"}[letter]
    return npy(name, shape, struct.pack(f"<{count}{letter}", *values))


LOSSES = """mse mae binary_crossentropy categorical_crossentropy sparse_categorical_crossentropy hinge kl_divergence huber
    cosine_similarity poisson ctc dice categorical_focal_crossentropy circle none nonsense""".split()
METRICS = """accuracy auc precision recall mae top_k_categorical_accuracy sparse_top_k_categorical_accuracy f1_score r2_score
    cosine_similarity mean_io_u pearson_correlation hinge binary_accuracy nonsense""".split()


def mutant(number, args, pool, folder):
    """Files of mutant `number` in `folder`, and the commands to run on them."""
    rng = random.Random(f"{args.seed}/{number}")
    forms = {"config": 40, "weights": 8, "archive": 12, "data": 18, "options": 10, "images": 4, "png": 2, "jpeg": 2, "csv": 2,
             "tfrecord": 2}
    form = rng.choices(list(forms), list(forms.values()))[0]
    if form == "images":
        return form, [image_command(rng, folder)]
    if form in ("png", "jpeg", "csv", "tfrecord"):
        return form, [data_command(rng, form, folder)]
    seed = rng.choice([s for s in pool if form not in ("data", "options") or s.y])
    model, x, y = seed.model, list(seed.x), list(seed.y)
    if form in ("config", "weights") and seed.json is not None:
        entries = read_archive(model)
        name = "config.json" if form == "config" else "model.weights.h5"
        others = [s.json for s in pool if s.json is not None]
        entries[name] = mutated_json(rng, seed.json, others) if form == "config" else mutated_bytes(rng, entries[name])
        model = write_archive(entries)
    elif form in ("config", "weights", "archive"):
        model = mutated_bytes(rng, model)
    elif form == "data":
        which = rng.choice((x, y))
        i = rng.randrange(len(which))
        which[i] = mutated_array(rng, which[i])
    path = written(folder, f"model{seed.ending}", model)
    given_x = [part for i, data in enumerate(x) for part in ("--x", written(folder, f"x{i}.npy", data))]
    data = given_x + [part for i, array in enumerate(y) for part in ("--y", written(folder, f"y{i}.npy", array))]
    choices = []
    if form == "options" or rng.random() < 0.3:
        loss, metrics = ["--loss", rng.choice(LOSSES)], ["--metrics", ",".join(rng.sample(METRICS, 2))]
        choices = rng.choice((loss, metrics, loss + metrics, ["--no-compile"] + loss))
        if form == "options" and rng.random() < 0.3:
            choices += ["--sample-weight", written(folder, "w.npy", mutated_array(rng, y[0]))]
    if rng.random() < 0.2:
        choices += ["--batch-size", str(rng.choice((1, 3, 2**31, 2**63 - 1)))]
    commands = [["summary", path]]
    if x:
        commands.append(["predict", path] + given_x)
    if x and y:
        commands.append(["evaluate", path] + data + choices)
        choices += rng.choice(([], ["--optimizer", "adam"]))
        commands.append(["fit", path, "--save", Path(folder, "out.keras")] + data + choices)
    return form, rng.sample(commands, min(2, len(commands)))


def image_command(rng, folder):
    files = {}
    for part, count in (("train", 12), ("t10k", 6)):
        files[f"{part}-images-idx3-ubyte"] = struct.pack(">IIII", 0x803, count, 12, 12) + bytes(range(144)) * count
        files[f"{part}-labels-idx1-ubyte"] = struct.pack(">II", 0x801, count) + bytes(i % 10 for i in range(count))
    for name in rng.sample(sorted(files), rng.choice((1, 1, 2))):
        files[name] = mutated_bytes(rng, files[name])
    for name, data in files.items():
        if rng.random() < 0.4:
            data, name = gzip.compress(data, mtime=0), name + ".gz"
            data = mutated_bytes(rng, data) if rng.random() < 0.3 else data
        written(folder, name, data)
    return ["demo", "--data", folder, "--model", "mlp", "--epochs", "1", "--output", Path(folder, "out")]


def png_chunk(name, data, crc=None):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data) if crc is None else crc)


def png(rng):
    """An image of any kind with right checksums, so that what is wrong in it reaches the decoder."""
    kind, bits = rng.choice(((0, 1), (0, 8), (0, 16), (2, 8), (2, 16), (3, 4), (3, 8), (4, 8), (6, 8), (6, 16)))
    width, height = rng.choice((1, 5, 40)), rng.choice((1, 4, 30))
    row = 1 + (width * bits * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind] + 7) // 8
    pixels = bytes(rng.choice((0, 1, 2, 3, 4, 9)) if i % row == 0 else rng.randrange(256) for i in range(row * height))
    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, rng.choice((0, 0, 1)))
    parts = [(b"IHDR", head), (b"PLTE", bytes(range(48))), (b"tRNS", bytes(rng.choice((1, 2, 6)))),
             (b"IDAT", zlib.compress(pixels))]
    parts = [part for part in parts if part[0] in (b"IHDR", b"IDAT") or rng.random() < 0.7 or (part[0] == b"PLTE" and kind == 3)]
    if rng.random() < 0.5:
        i = rng.randrange(len(parts))
        parts[i] = (parts[i][0], mutated_bytes(rng, parts[i][1]))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts + [(b"IEND", b"")])
    return mutated_bytes(rng, data) if rng.random() < 0.5 else data


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def tfrecord(rng):
    """Records with right checksums and damaged messages, or the other way round."""
    message = bytes.fromhex("0a2a0a0c0a0178120712050a030000000a0c0a0179120712051a030a01050a0c0a017a120712050a030a0141")
    records = b""
    for _ in range(rng.choice((1, 3))):
        record = mutated_bytes(rng, message) if rng.random() < 0.7 else message
        length = struct.pack("<Q", len(record))
        records += length + crc32c(length) + record + crc32c(record)
    return mutated_bytes(rng, records) if rng.random() < 0.3 else records


def data_command(rng, form, folder):
    """A data set with a damaged file, for `martlet data`."""
    if form == "csv":
        rows = b'a,b,c\n1,"x, ""y""",2.5\n,"u\nv",nan\n3,z,1e400\n' * rng.choice((1, 50))
        return ["data", written(folder, "t.csv", mutated_bytes(rng, rows))]
    if form == "tfrecord":
        return ["data", written(folder, "a.tfrecord", tfrecord(rng))]
    folder = folder / "images"
    (folder / "class").mkdir(parents=True)
    # Many in one process, for what one leaves to the next.
    for number in range(rng.choice((1, 1, 1, 50))):
        if form == "jpeg":
            seeds = sorted((ROOT / "Tests/MartletImagesTests/Fixtures").glob("*.jpg"))
            written(folder / "class", f"{number}.jpg", mutated_bytes(rng, rng.choice(seeds).read_bytes()))
        else:
            written(folder / "class", f"{number}.png", png(rng))
    return ["data", folder] + rng.choice(([], ["--sheet", folder.parent / "sheet.png"]))
