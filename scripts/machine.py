"""Names the kind of machine that the tables of the benchmark were measured on."""
import os
import platform
import re

ZEN = {(0x17, 0x00): "Zen", (0x17, 0x30): "Zen 2", (0x19, 0x00): "Zen 3", (0x19, 0x10): "Zen 4", (0x19, 0x20): "Zen 3",
       (0x19, 0x60): "Zen 4", (0x1a, 0x00): "Zen 5"}  # family and the first of a range of models
INTEL = {0x3f: "Haswell", 0x4f: "Broadwell", 0x55: "Skylake", 0x6a: "Ice Lake", 0x6c: "Ice Lake", 0x8f: "Sapphire Rapids",
         0xad: "Granite Rapids", 0xae: "Granite Rapids", 0xcf: "Emerald Rapids"}  # servers of family 6


def cpu_fields():
    """The fields of the first processor in /proc/cpuinfo."""
    try:
        with open("/proc/cpuinfo") as f:
            lines = f.read().split("\n\n")[0].splitlines()
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, colon, value in (line.partition(":") for line in lines) if colon}


def core(fields):
    """The design of the cores where it is known, else the numbers that tell it."""
    if not {"vendor_id", "cpu family", "model"} <= fields.keys():
        return platform.machine()
    family, model = int(fields["cpu family"]), int(fields["model"])
    if fields["vendor_id"] == "AuthenticAMD":
        ranges = [start for start in ZEN if start[0] == family and start[1] <= model]
        if ranges:
            return ZEN[max(ranges)]
    if fields["vendor_id"] == "GenuineIntel" and family == 6 and model in INTEL:
        return INTEL[model]
    return f"family {family}, model {model}"


def simd_level(fields):
    """The widest vectors that the CPU has, of those that Martlet and its peers tell apart."""
    flags = set(fields.get("flags", "").split())
    if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags:
        return "AVX-512"
    if {"avx2", "fma"} <= flags:
        return "AVX2"
    return "SSE" if flags else "NEON" if platform.machine() in ("aarch64", "arm64") else "no SIMD known"


def machine_name(simd=None):
    """CPU and SIMD level, such as "AMD EPYC (Zen 3), AVX2"; `simd` is a level that everybody is held to."""
    fields = cpu_fields()
    brand = re.sub(r"\((R|TM|C)\)|\bCPU\b|\bProcessor\b|@.*", "", fields.get("model name", "CPU of unknown name"))
    level = f"held to {simd.upper()}" if simd else simd_level(fields)
    return f"{' '.join(brand.split())} ({core(fields)}), {level}"


def usable_cores():
    return len(os.sched_getaffinity(0))
