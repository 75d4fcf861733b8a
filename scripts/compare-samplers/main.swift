import Foundation
import MartletTuner

// The best values of one sampler after 25, 50 and 100 trials, for each function and seed: JSON lines, as compare-samplers.py
// reads.

func sphere(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } }

func rosenbrock(_ x: [Double]) -> Double {
    zip(x, x.dropFirst()).reduce(0) { $0 + 100 * pow($1.1 - $1.0 * $1.0, 2) + pow(1 - $1.0, 2) }
}

func branin(_ x: [Double]) -> Double {
    let (a, b) = (x[0], x[1])
    let inner = b - 5.1 / (4 * Double.pi * Double.pi) * a * a + 5 / Double.pi * a - 6
    return inner * inner + 10 * (1 - 1 / (8 * Double.pi)) * cos(a) + 10
}

let hartmannRows: [(Double, [Double], [Double])] = [
    (1.0, [10, 3, 17, 3.5, 1.7, 8], [1312, 1696, 5569, 124, 8283, 5886]),
    (1.2, [0.05, 10, 17, 0.1, 8, 14], [2329, 4135, 8307, 3736, 1004, 9991]),
    (3.0, [3, 3.5, 1.7, 10, 17, 8], [2348, 1451, 3522, 2883, 3047, 6650]),
    (3.2, [17, 8, 0.05, 10, 0.1, 14], [4047, 8828, 8732, 5743, 1091, 381]),
]

func hartmann(_ x: [Double]) -> Double {
    var sum = 0.0
    for (alpha, row, center) in hartmannRows {
        var distance = 0.0
        for axis in 0..<6 { distance += row[axis] * pow(x[axis] - center[axis] / 1e4, 2) }
        sum -= alpha * exp(-distance)
    }
    return sum
}

func ackley(_ x: [Double]) -> Double {
    let count = Double(x.count)
    let squares = sphere(x)
    let waves = x.reduce(0) { $0 + cos(2 * Double.pi * $1) }
    return 20 + M_E - 20 * exp(-0.2 * (squares / count).squareRoot()) - exp(waves / count)
}

func levy(_ x: [Double]) -> Double {
    let w = x.map { 1 + ($0 - 1) / 4 }
    let inner = w.dropLast().reduce(0) { $0 + pow($1 - 1, 2) * (1 + 10 * pow(sin(Double.pi * $1 + 1), 2)) }
    let last = pow(w.last! - 1, 2) * (1 + pow(sin(2 * Double.pi * w.last!), 2))
    return pow(sin(Double.pi * w[0]), 2) + inner + last
}

func rastrigin(_ x: [Double]) -> Double {
    x.reduce(10 * Double(x.count)) { $0 + $1 * $1 - 10 * cos(2 * Double.pi * $1) }
}

func griewank(_ x: [Double]) -> Double {
    let waves = x.enumerated().reduce(1.0) { $0 * cos($1.element / Double($1.offset + 1).squareRoot()) }
    return 1 + sphere(x) / 4000 - waves
}

func michalewicz(_ x: [Double]) -> Double {
    -x.enumerated().reduce(0.0) { sum, pair in
        sum + sin(pair.element) * pow(sin(Double(pair.offset + 1) * pair.element * pair.element / Double.pi), 20)
    }
}

let functions: [(name: String, value: ([Double]) -> Double, domains: [ClosedRange<Double>])] = [
    ("Sphere5", sphere, Array(repeating: -5.12...5.12, count: 5)),
    ("Rosenbrock4", rosenbrock, Array(repeating: -5...10, count: 4)),
    ("Branin", branin, [-5...10, 0...15]),
    ("Hartmann6", hartmann, Array(repeating: 0...1, count: 6)),
    ("Ackley10", ackley, Array(repeating: -32.768...32.768, count: 10)),
    // Not of the benchmark: no sampler was tuned on them.
    ("Levy4", levy, Array(repeating: -10...10, count: 4)),
    ("Rastrigin5", rastrigin, Array(repeating: -5.12...5.12, count: 5)),
    ("Griewank6", griewank, Array(repeating: -600...600, count: 6)),
    ("Michalewicz5", michalewicz, Array(repeating: 0...Double.pi, count: 5)),
]

let samplers: [String: any Sampler] = [
    "random": RandomSampler(), "tpe": TPESampler(), "gp": GPSampler(), "cmaes": CmaEsSampler(), "qmc": QuasiRandomSampler(),
]
let arguments = CommandLine.arguments
guard arguments.count == 3, let sampler = samplers[arguments[1]], let seeds = Int(arguments[2]) else {
    fatalError("usage: \(arguments[0]) \(samplers.keys.sorted().joined(separator: "|")) SEEDS")
}
for (name, value, domains) in functions {
    for seed in 0..<seeds {
        let study = try Study(sampler: sampler, pruner: NopPruner(), seed: seed)
        let start = clock()
        try study.optimize(trials: 100) { trial in
            value(try domains.enumerated().map { try trial.float("x\($0)", $1) })
        }
        // Time of the processor, as other processes may run beside.
        let milliseconds = 10 * Double(clock() - start) / Double(CLOCKS_PER_SEC)
        let values = try study.trials.map { $0.value! }
        let best = [25, 50, 100].map { "\(values.prefix($0).min()!)" }.joined(separator: ", ")
        print("{\"function\": \"\(name)\", \"seed\": \(seed), \"best\": [\(best)], \"ms\": \(milliseconds)}")
    }
}
