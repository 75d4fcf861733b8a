#!/usr/bin/env python3
"""The time of a training step on N ranks by the model of Docs/distributed.md: what it says of many ranks, and how it compares
with ranks in network namespaces of this machine.

    scripts/model-distributed.py                       the table for 64 and 1,024 ranks
    sudo scripts/model-distributed.py --measure CHECK  CHECK is the distributed-check of a build with the trait MPI

Between namespaces `tc` limits the rate of each rank's link, and delays it where the kernel has netem.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

MEETINGS = 3  # The end of the step, its results, and what callbacks decide.


class Link:
    """A network: seconds of a message, seconds of a byte, seconds that a message costs its sender."""

    def __init__(self, latency, rate, overhead=1e-6):
        self.latency, self.byte, self.overhead = latency, 8 / rate, overhead


def exchange(link, ranks, size, blocks=1, bucket=16 << 20):
    """Seconds to add `size` bytes of gradients over all ranks: each sends a slice of its sums to each, and the result to all."""
    if ranks == 1:
        return 0
    buckets = max(1, -(-size // bucket))
    a_message = link.latency + (ranks - 1) * link.overhead
    slices = (ranks - 1) / ranks * size
    return buckets * 2 * a_message + (blocks + 1) * slices * link.byte


def step(link, ranks, size, compute, meetings=MEETINGS):
    """Seconds of a step of `compute` seconds of each rank."""
    a_message = link.latency + (ranks - 1) * link.overhead if ranks > 1 else 0
    return compute + meetings * a_message + exchange(link, ranks, size)


# Weights with moving statistics, and the seconds of a rank's part of a step on two cores. The transformer's is of
# Docs/benchmarks.md, ResNet-50's three times its prediction there for each image.
MODELS = {
    "ResNet-50, 8 images": (25_557_032 + 2 * 26_560, 1.75),
    "ResNet-50, 32 images": (25_557_032 + 2 * 26_560, 7.0),
    "transformer_b16, 16 texts": (1_437_442, 0.04),
    "transformer_b16, 64 texts": (1_437_442, 0.16),
}


def table():
    # Of 10 Gbit/s and 50 us, without any overlap.
    print(f"{'':34s}{'ranks':>6s}{'exchange':>10s}{'step':>9s}{'efficiency':>12s}")
    for name, (weights, compute) in MODELS.items():
        for ranks in (4, 64, 1024):
            link = Link(50e-6, 10e9)
            seconds = step(link, ranks, 4 * weights, compute)
            print(f"{name:34s}{ranks:6d}{1e3 * (seconds - compute):7.1f} ms{1e3 * seconds:6.0f} ms{compute / seconds:11.0%}")


class Namespaces:
    """A switch with a namespace for each rank, each with a link of a rate."""

    def __init__(self, count, rate, delay):
        self.count = count
        self.run("ip link add mtbr type bridge", "ip link set mtbr up")
        self.delays = True
        for i in range(count):
            self.run(f"ip netns add mt{i}", f"ip link add mtv{i} type veth peer name eth0 netns mt{i}",
                     f"ip link set mtv{i} master mtbr up", f"ip -n mt{i} addr add 10.77.0.{i + 1}/24 dev eth0",
                     f"ip -n mt{i} link set eth0 up", f"ip -n mt{i} link set lo up")
            netem = f"ip netns exec mt{i} tc qdisc replace dev eth0 root netem delay {delay}us rate {rate}mbit limit 100000"
            if not self.delays or subprocess.run(netem.split(), stderr=subprocess.DEVNULL).returncode:
                self.delays = False
                self.run(f"ip netns exec mt{i} tc qdisc replace dev eth0 root tbf rate {rate}mbit burst 128k latency 200ms")

    @staticmethod
    def run(*commands):
        for command in commands:
            subprocess.run(command.split(), check=True)

    def close(self):
        for i in range(self.count):
            subprocess.run(["ip", "netns", "del", f"mt{i}"])
        subprocess.run("ip link del mtbr".split())

    def time(self, ranks, check, weights):
        """The least milliseconds of a step: the model knows nothing of what else runs on this machine."""
        with tempfile.NamedTemporaryFile("w", suffix=".sh", delete=False) as agent:
            # In place of ssh: a machine is a namespace with a name of its own.
            agent.write('#!/bin/sh\ni=$((${1##*.} - 1))\nshift\nexec ip netns exec mt$i unshare --uts sh -c '
                        '"hostname mt$i; $*"\n')
        os.chmod(agent.name, 0o755)
        hosts = ",".join(f"10.77.0.{i + 1}" for i in range(ranks))
        command = (f"hostname mt0; mpirun --quiet --mca plm_rsh_agent {agent.name} --host {hosts} -n {ranks} --bind-to none "
                   "--mca btl tcp,self --mca oob_tcp_if_include eth0 --mca btl_tcp_if_include eth0 -x MARTLET_NUM_THREADS "
                   f"{check} time {weights}")
        environment = os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                                    "MARTLET_NUM_THREADS": "1"}
        output = subprocess.run(["ip", "netns", "exec", "mt0", "unshare", "--uts", "sh", "-c", command], env=environment,
                                stdout=subprocess.PIPE, text=True, timeout=600, check=True).stdout
        os.unlink(agent.name)
        return float(re.search(r"least ([\d.e-]+)", output)[1])


def measure(check, rate, delay, most):
    spaces = Namespaces(most, rate, delay)
    print(f"links of {rate} Mbit/s, " + (f"{delay} us of delay" if spaces.delays else
          "without a delay: this kernel has no netem"))
    worst = 0
    try:
        small = 64
        for ranks in range(2, most + 1):
            # A step without work gives the latency of this machine.
            compute = {weights: spaces.time(1, check, weights) for weights in (small, 1 << 18, 1 << 20, 1 << 21)}
            idle = min(spaces.time(ranks, check, small) for _ in range(3))
            link = Link(0, rate * 1e6)
            # Two meetings without callbacks, and two exchanges of a bucket.
            link.latency = max(0, 1e-3 * (idle - compute[small]) / 4 - (ranks - 1) * link.overhead)
            for weights in list(compute)[1:]:
                expected = 1e3 * step(link, ranks, 4 * weights, 1e-3 * compute[weights], meetings=2)
                found = spaces.time(ranks, check, weights)
                worst = max(worst, abs(found / expected - 1))
                print(f"{ranks} ranks, {weights:8d} weights: {found:8.2f} ms, the model says {expected:8.2f} ms "
                      f"({found / expected - 1:+.0%}); latency {1e6 * link.latency:.0f} us", flush=True)
    finally:
        spaces.close()
    print(f"the model is within {worst:.0%}")
    return worst <= 0.25


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--measure", metavar="CHECK")
    parser.add_argument("--rate", type=int, default=1000, help="Mbit/s")
    parser.add_argument("--delay", type=int, default=50, help="microseconds")
    parser.add_argument("--ranks", type=int, default=3)
    args = parser.parse_args()
    if not args.measure:
        return table()
    sys.exit(not measure(os.path.abspath(args.measure), args.rate, args.delay, args.ranks))


if __name__ == "__main__":
    main()
