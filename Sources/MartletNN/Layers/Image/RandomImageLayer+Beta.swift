import MartletCore

extension RandomImageLayer {
    /// Numbers of the beta distribution with both parameters `alpha`, a scalar above 0.
    func beta(_ shape: Shape, _ alpha: Tensor, _ random: RandomGenerator) -> Tensor {
        (logGamma(shape, alpha, random) - logGamma(shape, alpha, random)).sigmoid()
    }

    /// Logarithms of numbers of the gamma distribution of shape `alpha`, a scalar above 0, and scale 1: for small ones, the
    /// numbers themselves are too small. By the method of G. Marsaglia and W. Tsang for `alpha + 1` (*A simple method for
    /// generating gamma variables*, 2000), of whose first eight tries one succeeds but for one in 10^10.
    func logGamma(_ shape: Shape, _ alpha: Tensor, _ random: RandomGenerator) -> Tensor {
        let tries = 8
        let drawn: DType = alpha.dtype == .float64 ? .float64 : .float32
        let all = Shape([tries] + shape.dimensions)
        let centre = alpha.cast(to: drawn) + 2.0 / 3
        let x = random.normal(all, dtype: drawn)
        let root = 1 + x / (centre * 9).squareRoot()
        let isPositive = root .> 0
        let cube = `where`(isPositive, root * root * root, 1)
        let bound = x * x * 0.5 + centre - centre * cube + centre * cube.log()
        let isGood = (random.uniform(all, dtype: drawn).log() .< bound).logicalAnd(isPositive)
        var result = centre.log().broadcast(to: shape)
        for number in (0..<tries).reversed() {
            result = `where`(isGood[number], (centre * cube[number]).log(), result)
        }
        return result + (1 - random.uniform(shape, dtype: drawn)).log() / alpha.cast(to: drawn)
    }
}
