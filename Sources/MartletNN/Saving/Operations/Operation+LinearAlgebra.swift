import MartletCore
import MartletFormats

extension Operation {
    /// Decompositions of matrices, and systems of equations.
    static func linearAlgebra(_ table: inout [String: Maker]) {
        table["Cholesky"] = { attributes in
            let upper: Bool = try attributes.value("upper", default: false)
            return square { $0.cholesky(upper: upper) }
        }
        table["CholeskyInverse"] = { attributes in
            let upper: Bool = try attributes.value("upper", default: false)
            return square { factor in
                // Of one axis less than the factors, it would stand for vectors.
                let one = Tensor.eye(factor.shape[-1], dtype: factor.dtype).broadcast(to: factor.shape)
                let inverse = solveTriangular(factor, one, lower: !upper)
                return matmul(inverse, inverse, transposeA: !upper, transposeB: upper)
            }
        }
        table["Inv"] = { _ in square { $0.inverse() } }
        table["Det"] = { _ in
            Operation(shapes: { [try withoutMatrix($0[0])] }, type: floatingType, run: { [$0[0].determinant()] })
        }
        table["Slogdet"] = { _ in
            Operation(
                shapes: { shapes in
                    let shape = try withoutMatrix(shapes[0])
                    return [shape, shape]
                }, type: floatingType,
                run: { inputs in
                    let (sign, logarithm) = inputs[0].logDeterminant()
                    return [sign, logarithm]
                })
        }
        table["Logdet"] = { _ in
            Operation(
                shapes: { [try withoutMatrix($0[0])] }, type: floatingType, run: { [$0[0].logDeterminant().logMagnitude] })
        }
        table["Qr"] = { attributes in
            guard try attributes.value("mode", default: "reduced") == "reduced" else {
                throw MartletError("Expected the mode \"reduced\".", at: "Qr.mode")
            }
            return Operation(
                shapes: { shapes in
                    guard shapes[0].rank >= 2, let rows = shapes[0][-2], let columns = shapes[0][-1] else {
                        throw MartletError("Expected matrices of known sizes. Received: shape \(shapes[0]).")
                    }
                    let inner = min(rows, columns)
                    return [shapes[0].replacing(-1, by: inner), shapes[0].replacing(-2, by: inner)]
                }, type: floatingType,
                run: { inputs in
                    let (q, r) = inputs[0].qr()
                    return [q, r]
                })
        }
        table["Solve"] = { _ in system { solve($0, $1) } }
        table["SolveTriangular"] = { attributes in
            let lower: Bool = try attributes.value("lower", default: false)
            return system { solveTriangular($0, $1, lower: lower) }
        }
    }

    /// An operation on square matrices that keeps their shape.
    private static func square(_ function: @escaping @Sendable (Tensor) -> Tensor) -> Operation {
        Operation(
            shapes: { shapes in
                _ = try withoutMatrix(shapes[0])
                return [shapes[0]]
            }, type: floatingType, run: { [function($0[0].floating)] })
    }

    /// The shape without the axes of square matrices.
    private static func withoutMatrix(_ shape: PartialShape) throws -> PartialShape {
        guard shape.rank >= 2, shape[-1] == nil || shape[-2] == nil || shape[-1] == shape[-2] else {
            throw MartletError("Expected square matrices. Received: shape \(shape).")
        }
        return PartialShape(Array(shape.dimensions.dropLast(2)))
    }

    private static func system(_ function: @escaping @Sendable (Tensor, Tensor) -> Tensor) -> Operation {
        Operation(
            operandCount: 2,
            shapes: { shapes in
                let lead = try withoutMatrix(shapes[0])
                let isVector = shapes[1].rank == shapes[0].rank - 1
                guard isVector || shapes[1].rank == shapes[0].rank, let rows = Optional(shapes[1][isVector ? -1 : -2]),
                    rows == nil || shapes[0][-1] == nil || rows == shapes[0][-1],
                    PartialShape.broadcast(
                        lead, PartialShape(Array(shapes[1].dimensions.dropLast(isVector ? 1 : 2)))) != nil
                else { throw MartletError("Expected matrices and right sides of as many rows. Received: \(shapes).") }
                return [shapes[1]]
            }, type: floatingType, run: { [function($0[0], $0[1])] })
    }
}
