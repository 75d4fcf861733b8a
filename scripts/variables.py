#!/usr/bin/env python3
"""What tensors have, for variables: methods, functions and operators, on the variable's value.

    scripts/variables.py update    writes Sources/MartletCore/Tape/Variable+{Methods,Functions,Operators}.swift
    scripts/variables.py check     fails when they are out of date
"""
import re
import sys
from itertools import product
from pathlib import Path

CORE = Path(__file__).parent.parent / "Sources/MartletCore"
# Methods that make no sense of a variable, or that it has itself.
OTHERS = {"mapTensors", "forEachTensor", "to", "withMask", "strings", "withUnsafeBytes", "all", "any", "logicalAnd", "logicalOr",
          "logicalXor", "logicalNot", "nonZeroIndices", "booleanMask", "bincount", "unique"}
# The free functions that take weights, and those of which only the second tensor is one.
FOLDERS = ["Tensor/MathFunctions.swift", "Ops/Elementwise", "Ops/LinearAlgebra", "Ops/Convolution/Conv.swift"]
SECOND = {"conv", "depthwiseConv", "convTransposed"}
WIDTH = 130


def declarations(text, start):
    """The public functions in a text whose lines begin with `start`: the declaration without `public`, up to its body."""
    for match in re.finditer(rf"^{start}public func\b", text, re.M):
        if re.search(r"@available\(\*, unavailable.*\n$", text[:match.start()]):
            continue
        end, depth = match.end(), 0
        while text[end] != "{" or depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        declaration = text[match.start():end].strip().removeprefix("public ")
        yield re.sub(r"\s+", " ", declaration).replace("( ", "(").replace(" )", ")")


def parameters(declaration):
    """The name, and the text of each parameter."""
    name, rest = re.match(r"(?:func )?(`?\w+`?)(?:<.*?>)?\s*\((.*)", declaration).groups()
    depth, parts, part = 1, [], ""
    for place, character in enumerate(rest):
        depth += {"(": 1, "[": 1, "<": 1, ")": -1, "]": -1, ">": -1 if rest[place - 1] != "-" else 0}.get(character, 0)
        if depth == 0:
            break
        if character == "," and depth == 1:
            parts.append(part.strip())
            part = ""
        else:
            part += character
    return name, parts + ([part.strip()] if part.strip() else [])


def argument(parameter):
    """How a parameter is passed on."""
    label, *inner = parameter.split(":")[0].split()
    name = inner[0] if inner else label
    return name if label == "_" else f"{label}: {name}"


def wrapped(line):
    """A declaration with its body in lines of the width."""
    if len(line) <= WIDTH:
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    head, body = re.match(r"(.*) \{ (.*) \}$", line).groups()
    if len(head) + 2 <= WIDTH:
        return f"{head} {{\n{indent}    {body}\n{indent}}}"
    opening, rest = head.split("(", 1)
    inside, result = rest.rsplit(") ->", 1)
    lines, current = [], f"{indent}    "
    for part in re.split(r"(?<=,) ", inside):
        if len(current) + len(part) > WIDTH:
            lines.append(current.rstrip())
            current = f"{indent}    "
        current += part + " "
    lines.append(current.rstrip())
    last = f"{indent}) ->{result} {{"
    if len(last) + len(body) + 3 <= WIDTH:
        return "\n".join([opening + "(", *lines, f"{last} {body} }}"])
    call, arguments = body.split("(", 1)
    body = body if len(body) + 4 <= WIDTH else f"{call}(\n{indent}        {arguments}"
    return "\n".join([opening + "(", *lines, last, f"{indent}    {body}", f"{indent}}}"])


def methods():
    lines = ["// The methods of tensors, on a variable's value. Made by scripts/variables.py.", "", "extension Variable {"]
    for path in sorted(CORE.rglob("*.swift")):
        text = "" if path.name.startswith("OtherNames") else path.read_text()
        for block in re.finditer(r"^extension Tensor \{\n(.*?)^\}", text, re.M | re.S):
            for declaration in declarations(block[1], "    "):
                name, parts = parameters(declaration)
                if name in OTHERS:
                    continue
                arguments = ", ".join(argument(p) for p in parts).replace("sizes: sizes...", "sizes")
                call = f"value.{name}({'sizes' if '...' in parts[0] else arguments})" if parts else f"value.{name}()"
                generic = "@_disfavoredOverload " if name == "item" and parts else ""
                lines.append("    /// As of the tensor `value`.")
                lines.append(wrapped(f"    {generic}public {declaration} {{ {call} }}"))
    lines += ["    /// As of the tensor `value`.",
              "    public subscript<each Index: TensorIndexConvertible>(_ indices: repeat each Index) -> Tensor {",
              "        var list: [TensorIndex] = []", "        repeat list.append((each indices).tensorIndex)",
              "        return value.indexed(by: list)", "    }"]
    return "\n".join(lines + ["}", ""])


def functions():
    lines = ["// The functions of tensors, of variables. Made by scripts/variables.py.", ""]
    paths = [p for f in FOLDERS for p in ([CORE / f] if f.endswith(".swift") else sorted((CORE / f).glob("*.swift")))]
    for path in paths:
        for declaration in declarations(path.read_text(), ""):
            name, parts = parameters(declaration)
            places = [i for i, p in enumerate(parts[:3]) if re.search(r": Tensor$", p) and "condition" not in p]
            for kinds in list(product([False, True], repeat=len(places)))[1:]:
                chosen = [i for i, is_variable in zip(places, kinds) if is_variable]
                if name in SECOND and chosen != [1]:
                    continue
                kept = [re.sub(r": Tensor$", ": Variable", p) if i in chosen else p for i, p in enumerate(parts)]
                passed = ", ".join(argument(p) + (".value" if i in chosen else "") for i, p in enumerate(parts))
                head = declaration.split("(")[0]
                lines.append("/// As of the variable's value.")
                # So that formulas of tensors and numbers alone do not take the compiler longer.
                lines.append("@_disfavoredOverload")
                lines.append(wrapped(f"public {head}({', '.join(kept)}) -> Tensor {{ {name}({passed}) }}"))
    return "\n".join(lines + [""])


def operators():
    lines = ["// The operators of tensors, of variables. Made by scripts/variables.py.", "", "extension Variable {"]
    for path in sorted((CORE / "Ops/Elementwise").glob("*.swift")):
        for name, inside in re.findall(r"^    public static func ([^&|^\s]+) \((.*?)\) ->? ?", path.read_text(), re.M):
            operands = [part.split(": ")[1] for part in inside.split(", ")]
            places = [i for i, operand in enumerate(operands) if operand == "Tensor"]
            for kinds in list(product([False, True], repeat=len(places)))[1:]:
                chosen = [i for i, is_variable in zip(places, kinds) if is_variable]
                kept = ["Variable" if i in chosen else operand for i, operand in enumerate(operands)]
                passed = [n + (".value" if i in chosen else "") for i, n in enumerate("ab")]
                lines.append("    /// As of the variable's value.")
                lines.append(
                    f"    public static func {name} (a: {kept[0]}, b: {kept[1]}) -> Tensor {{ {passed[0]} {name} {passed[1]} }}")
    lines.append("    /// As of the variable's value.")
    lines.append("    public static prefix func - (a: Variable) -> Tensor { -a.value }")
    return "\n".join(lines + ["}", ""])


def main():
    for kind, make in [("Methods", methods), ("Functions", functions), ("Operators", operators)]:
        path, text = CORE / f"Tape/Variable+{kind}.swift", make()
        if sys.argv[1:] == ["update"]:
            path.write_text(text)
        elif path.read_text() != text:
            sys.exit(f"{path.name} is out of date: run scripts/variables.py update")


if __name__ == "__main__":
    main()
