import MartletCore

/// Keras's `epsilon()`: how far probabilities are kept from 0 and 1, and divisors from 0.
let kerasEpsilon = 1e-7

extension Loss {
    /// Targets of -1 and 1, from these or, when all of them are 0 or 1, from those.
    func signs(_ yTrue: Tensor) -> Tensor {
        let areBits = (yTrue .== 0).logicalOr(yTrue .== 1).all()
        return `where`(areBits, yTrue * 2 - 1, yTrue)
    }
}
