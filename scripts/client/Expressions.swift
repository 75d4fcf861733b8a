import Foundation
import Martlet

/// Formulas of guides and papers, as users write them. They must compile.
func activations(x: Tensor) {
    _ = 0.5 * x * (1 + tanh(sqrt(2 / .pi) * (x + 0.044715 * pow(x, 3))))
    _ = 0.5 * x * (1 + erf(x / sqrt(2)))
    _ = x * sigmoid(1.702 * x)
    _ = x * tanh(softplus(x))
    _ = x / (1 + exp(-x))
    _ = maximum(x, 0) + 0.01 * minimum(x, 0)
    _ = 1.0507 * (maximum(x, 0) + 1.67326 * (exp(minimum(x, 0)) - 1))
    _ = x * clipped(x)
    _ = log(1 + exp(-abs(x))) + maximum(x, 0)
    _ = exp(x - x.max(axis: -1, keepDims: true)) / exp(x - x.max(axis: -1, keepDims: true)).sum(axis: -1, keepDims: true)
}

func clipped(_ x: Tensor) -> Tensor { (x / 6 + 0.5).clipped(min: 0, max: 1) }

func schedules(x: Tensor, step: Int, total: Int, rate: Double) {
    let progress = Double(step) / Double(total)
    _ = 0.5 * (1 + (.pi * x / 10).cos())
    _ = 0.5 * (1 + cos(.pi * x / 10))
    _ = rate * 0.5 * (1 + cos(Tensor.pi * x / Double(total)))
    _ = (1 - 0.1) * (0.5 * (1 + cos(.pi * x))) + 0.1
    _ = Tensor(0.5 * rate * (1 + cos(.pi * progress)))
    _ = rate * x / 1000 * exp(1 - x / 1000)
    _ = rate * minimum(pow(x, -0.5), x * pow(4000.0, -1.5))
    _ = rate * pow(0.96, x / 1000) + 1e-6
    _ = sin(2 * .pi * x / 24) + 0.5 * cos(4 * .pi * x / 24) + 0.1 * x
    _ = exp(-(x - 0.5) * (x - 0.5) / (2 * 0.1 * 0.1)) / (0.1 * sqrt(2 * .pi))
}

func normalizations(x: Tensor, gamma: Variable, beta: Variable, epsilon: Double) {
    let mean = x.mean(axis: -1, keepDims: true)
    let variance = x.variance(axis: -1, keepDims: true)
    _ = (x - mean) / sqrt(variance + 1e-5) * gamma + beta
    _ = gamma * (x - mean) / sqrt(variance + epsilon) + beta
    _ = (x - x.mean()) / (x.standardDeviation() + 1e-8)
    _ = 2 * (x - x.min()) / (x.max() - x.min()) - 1
    _ = x / sqrt((x * x).mean(axis: -1, keepDims: true) + 1e-6) * gamma
    _ = 0.9 * mean + (1 - 0.9) * x.mean(axis: 0)
    _ = x * (1 + gamma) + beta - 0.5 * (gamma * beta) / 3
    _ = (x - 127.5) / 127.5
    _ = x * x.variance().pow(-0.5)
}

func losses(x: Tensor, y: Tensor, mean: Tensor, logVariance: Tensor, alpha: Double, margin: Float) {
    let p = sigmoid(x)
    _ = -(y * log(p + 1e-7) + (1 - y) * log(1 - p + 1e-7)).mean()
    _ = -alpha * y * pow(1 - p, 2) * log(p) - (1 - alpha) * (1 - y) * pow(p, 2) * log(1 - p)
    _ = 1 - (2 * (p * y).sum() + 1) / (p.sum() + y.sum() + 1)
    _ = -0.5 * (1 + logVariance - mean * mean - exp(logVariance)).sum(axis: -1).mean()
    _ = 0.5 * ((y - mean) * (y - mean) / exp(logVariance) + logVariance + log(2 * .pi)).mean()
    _ = `where`(abs(x - y) .< 1, 0.5 * (x - y) * (x - y), abs(x - y) - 0.5).mean()
    _ = maximum(0, 1 - (2 * y - 1) * x).mean()
    _ = (y * x * x + (1 - y) * pow(maximum(margin - x, 0), 2)).mean()
    _ = ((x - y) * (x - y)).mean() + 0.01 * (x * x).sum() + 0.001 * abs(x).sum()
    _ = log(cosh(x - y)).mean() + 1 / Double(x.shape[0]) * 2
    _ = (maximum(alpha * (y - x), (alpha - 1) * (y - x))).mean(axis: -1)
}

func residuals(
    x: Tensor, t: Tensor, u: Tensor, ux: Tensor, uxx: Tensor, ut: Tensor, nu: Variable, k: Variable, c: Double
) {
    _ = ut + u * ux - (0.01 / .pi) * uxx
    _ = ut + u * ux - nu * uxx
    _ = (ut - 1.0001 * uxx + 5 * pow(u, 3) - 5 * u).square().mean()
    _ = uxx + pow(.pi, 2) * sin(.pi * x)
    _ = uxx + k * k * u - (1 - .pi * .pi) * sin(.pi * x) * cos(.pi * t)
    _ = nu * uxx - c * ux + 0.5 * u * (1 - u) - ut
    _ = exp(-t) * (-sin(.pi * x) + .pi * .pi * sin(.pi * x)) - ut + uxx
    _ = (-u + sqrt(u * u - 4 * x * 3)) / (2 * x)
    _ = 1 / (1 + exp(-k * (x - 0.5))) - u + 2 * nu * (x - 1) / 3
    _ = (ut * ut).mean() + 10 * ((u - sin(.pi * x)) * (u - sin(.pi * x))).mean() + 0.1 * (u * u).mean()
}

func mixed(x: Tensor, w: Variable, b: Variable, n: Int, f: Float, d: Double) {
    _ = matmul(x, w.value) + b
    _ = x * n / (n - 1) + f
    _ = (x + n) * f - d / x
    _ = Double(n) * x - x / Double(n)
    _ = 2 * w * x + w - 0.5 * (w * w) / 3
    _ = -w * x + b
    _ = 1 - w + b / 2 * 3 - x
    _ = (x .> 0.5).cast(to: .float32) * 2 - 1
    _ = x * 2 + 3 * x - x / 4 + 5 - 6 * x + 7 * x * x - 8
}

func variables(x: Tensor, y: Tensor, w: Variable, b: Variable, n: Int) {
    _ = (x - y) * (x - y) + 1e-4 * abs(w).sum()
    _ = ((x - y) * (x - y)).mean() + 1e-4 * abs(w).sum() + 1e-3 * (w * w).sum()
    _ = relu(matmul(x, w) + b)
    _ = sigmoid(matmul(tanh(matmul(x, w) + b), w) + b)
    _ = maximum(w, 0) + minimum(b, 1) - maximum(x, w)
    _ = `where`(x .> 0, w, 0) + `where`(w .> b, x, y)
    _ = w.square().sum() + w.mean() - 0.5 * b.max(axis: 0) / Double(n)
    _ = exp(-w) / (1 + exp(-w)) + log(1 + exp(b)) - sqrt(square(w) + 1e-8)
    _ = concatenate([w, x], axis: 0) + Tensor.stack([w, b])
    _ = pow(w, 2) + pow(x, b) + pow(2, w)
    _ = (w - w.mean()) / sqrt(w.variance() + 1e-5) * x
    _ = w[0, 1...] + x[0] * b.reshaped(-1) + w.transposed()
    _ = einsum("ij,jk->ik", x, w) + conv(x, w, strides: [2], padding: .same)
    _ = ((x .> 0) & (x .< 1)) | !(w .> b)
}

func symbols(x: SymbolicTensor, y: SymbolicTensor) {
    _ = x + y * 2 - 1 / x
    _ = 0.5 * x * (1 + tanh(0.7978845608 * (x + 0.044715 * pow(x, 3))))
    _ = -(y * log(x + 1e-7) + (1 - y) * log(1 - x + 1e-7)).mean()
    _ = (x - x.mean(axis: -1, keepDims: true)) / sqrt(x.variance(axis: -1, keepDims: true) + 1e-5)
    _ = x[0..., 1] + x[.ellipsis, 0] * y.sum(axes: [1, 2])
    _ = maximum(x, 0) + `where`(x .> 0, x, 0) - exp(minimum(y, 0))
    _ = concatenate([x, y], axis: -1) / Double(3) + matmul(x, y)
}

func arrays(n: Int) {
    _ = Tensor((0..<100).map { Double($0) * 0.02 - 1 })
    _ = Tensor((0..<100).map { Float($0) / 50 - 1 })
    _ = Tensor((0..<10).map { [Float($0), Float($0 + 1)] })
    _ = Tensor((0..<100).map { Double($0) }.map { 3 * $0 + 2 + Double.random(in: -1...1) })
    _ = Tensor((0..<10).map { i in (0..<3).map { j in Float(i * j) / 10 } })
    _ = Tensor([[[[1.0, 2]]]]) + Tensor([1, 2, 3]) * Tensor(2.5) + Tensor([[0.5], [.nan]])
    _ = Tensor((0..<10).map { sin(2 * .pi * Double($0) / 10) + 0.1 * Double.random(in: -1...1) })
}

func losses(x: Tensor, parts: [Tensor]) {
    _ = x.sum() + parts.reduce(0, +)
    _ = x.mean() + 0.1 * parts.sum() / Float(x.sum()) - Double(x.max()) * 2
    _ = Int(x.argmax()) + Int(3) + Int(2.5)
}
