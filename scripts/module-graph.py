#!/usr/bin/env python3
"""Draws the graph of targets in Docs/architecture.md from Package.swift.

    scripts/module-graph.py            writes it
    scripts/module-graph.py --check    exit code 1 when it is not up to date

Tests, examples and the modules of system libraries are left out. A target points to those that it depends on.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
DOCUMENT = PACKAGE / "Docs/architecture.md"
PLACE = re.compile(r"(?<=<!-- made by scripts/module-graph.py -->\n)```mermaid\n.*?```\n", re.S)


def graph():
    text = subprocess.run(["swift", "package", "--package-path", PACKAGE, "dump-package"], check=True, capture_output=True,
                          text=True).stdout
    targets = [t for t in json.loads(text)["targets"]
               if t["type"] in ("regular", "executable") and not (t.get("path") or "").startswith(("Tests", "Sources/Examples"))]
    names = {t["name"] for t in targets}
    lines = ["```mermaid", "graph BT"]
    for target in targets:
        for dependency in target["dependencies"]:
            kind, value = next(iter(dependency.items()))
            name = value[0]
            if name in names or kind == "product":
                lines.append(f"    {target['name']} --> {name}")
    return "\n".join(lines) + "\n```\n"


text = DOCUMENT.read_text()
if not PLACE.search(text):
    sys.exit(f"{DOCUMENT}: expected the comment and a block of mermaid")
drawn = PLACE.sub(lambda _: graph(), text)
if "--check" not in sys.argv:
    DOCUMENT.write_text(drawn)
elif drawn != text:
    sys.exit("Docs/architecture.md: the graph of targets is not that of Package.swift. Run scripts/module-graph.py.")
