#!/usr/bin/env python3
"""Writes one Swift program that runs the Swift blocks of the documents: README.md, Docs/*.md and Sources/*/README.md.

A block is a function of its own; errors of the compiler and of the program name the document and the line. Comments in
front of a block say more; readers of the document do not see them:

    <!-- swift: let x = Tensor.ones([2]) -->   code before the block, on as many lines as it takes
    <!-- continued -->                         the block goes on with what the one before it declared
    <!-- not run: it trains for minutes -->    the block is compiled only
    <!-- not compiled: a part of a manifest -->

usage: document-programs.py PACKAGE >main.swift
"""
import re
import sys
from pathlib import Path

BLOCK = re.compile(r"(?P<comments>(?:^ *<!--(?:(?!-->).)*?-->\n)*)^(?P<indent> *)```swift\n(?P<code>.*?)^ *```$", re.S | re.M)
COMMENT = re.compile(r"<!-- *(swift:|continued|not run:|not compiled:)(.*?)-->", re.S)


def sources(package):
    """The Swift text of each function, with its place, and whether it is run."""
    documents = [package / "README.md", *sorted(package.glob("Docs/**/*.md")), *sorted(package.glob("Sources/*/README.md"))]
    for document in documents:
        text, name = document.read_text(), str(document.relative_to(package))
        function = None
        blocks = list(BLOCK.finditer(text))
        if len(blocks) != len(re.findall(r"^ *```swift", text, re.M)):
            sys.exit(f"{name}: expected every ```swift to end with ``` on a line of its own")
        for block in blocks:
            comments = dict((kind.rstrip(":"), code) for kind, code in COMMENT.findall(block["comments"]))
            if "not compiled" in comments:
                continue
            lines = []
            for group, code in (("comments", comments.get("swift", "")), ("code", block["code"])):
                start = block.start(group) + (block["comments"].find(code) if group == "comments" else 0)
                line = text.count("\n", 0, start) + 1
                lines += [f'#sourceLocation(file: "{name}", line: {line})', *code.splitlines()]
            if "continued" in comments:
                function["lines"] += lines
                continue
            if function:
                yield function
            place = f'{name}:{text.count(chr(10), 0, block.start("code"))}'
            function = {"place": place, "lines": lines, "runs": "not run" not in comments}
        if function:
            yield function


def program(package):
    imports, functions, calls = {"Martlet"}, [], []
    for index, function in enumerate(sources(package)):
        imports |= {line.split()[1] for line in function["lines"] if line.startswith("import ")}
        body = ["" if line.startswith("import ") else line for line in function["lines"]]
        functions.append("\n".join([f"func block{index}() throws {{", *body, "#sourceLocation()", "}"]))
        if function["runs"]:
            calls.append(f'run("{function["place"]}", block{index})')
    run = """
func run(_ place: String, _ block: () throws -> Void) {
    FileHandle.standardError.write(Data("\\(place)\\n".utf8))
    do { try block() } catch { fatalError("\\(place): \\(error)") }
}"""
    return "\n".join([*(f"import {name}" for name in sorted(imports)), *functions, run, *calls])


print(program(Path(sys.argv[1])))
