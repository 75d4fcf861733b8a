import Foundation
import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Regularizers and constraints against numbers worked out by hand.
@Suite(.ownSession) struct RegularizerTests {
    private let weight = Tensor([[3.0, -4.0], [0.0, 3.0]], dtype: .float64)

    private func penalty(_ regularizer: any Regularizer) -> Double { regularizer(weight).item() }

    @Test func penalties() {
        #expect(abs(penalty(.l1(0.1)) - 1) < 1e-15)
        #expect(abs(penalty(.l2(0.1)) - 3.4) < 1e-15)
        #expect(abs(penalty(.l1l2(l1: 0.1, l2: 0.1)) - 4.4) < 1e-15)
        #expect(penalty(L1L2()) == 0)
        // The cosine between the rows (3, -4) and (0, 3) is -0.8; between the columns (3, 0) and (-4, 3) as well.
        #expect(abs(penalty(.orthogonal(factor: 0.5)) - 0.4) < 1e-12)
        #expect(abs(penalty(.orthogonal(factor: 0.5, mode: .columns)) - 0.4) < 1e-12)
        #expect(OrthogonalRegularizer()(weight[0..<1]).item() == 0)
    }

    private func close(_ constraint: any Constraint, _ values: [Double]) -> Bool {
        // Keras's epsilon of 1e-7 shortens a vector of length 3 by 3e-8 of it.
        constraint(weight).allClose(
            to: Tensor(values, shape: [2, 2]), relativeTolerance: 1e-6, absoluteTolerance: 1e-12)
    }

    @Test func constraints() {
        // The columns have lengths 3 and 5, the rows 5 and 3.
        #expect(close(.nonNeg, [3, 0, 0, 3]))
        #expect(close(.maxNorm(2.5), [2.5, -2, 0, 1.5]))
        #expect(close(.maxNorm(4, axes: [1]), [2.4, -3.2, 0, 3]))
        #expect(close(.unitNorm(), [1, -0.8, 0, 0.6]))
        #expect(close(.unitNorm(axes: [0, 1]), [3, -4, 0, 3].map { $0 / 34.0.squareRoot() }))
        #expect(close(.minMaxNorm(minimum: 4, maximum: 4.5), [4, -3.6, 0, 2.7]))
        #expect(close(.minMaxNorm(minimum: 4, maximum: 4.5, rate: 0.5), [3.5, -3.8, 0, 2.85]))
        #expect(UnitNorm()(Tensor.zeros([2, 1])).scalars(as: Float.self) == [0, 0])
    }

    @Test func resultsAreThoseOfKeras() throws {
        var compared: Set<String> = []
        for (index, item) in try Fixture("weights").cases.enumerated() {
            let object = try #require(item["object"])
            let (weight, expected) = (try #require(item["weight"]).tensor(), try #require(item["result"]).tensor())
            let result: Tensor
            if try item.string("kind") == "regularizer" {
                let regularizer = try RegularizerRegistry.shared.make(from: object)
                result = regularizer(weight)
            } else {
                let constraint = try ConstraintRegistry.shared.make(from: object)
                result = constraint(weight)
            }
            #expect(relativeError(result, expected) < 2e-6, "case \(index): \(object)")
            try compared.insert(object.string("class_name"))
        }
        let names = RegularizerRegistry.types.map { $0.className } + ConstraintRegistry.types.map { $0.className }
        #expect(compared == Set(names))
    }

    @Test func configurations() throws {
        for type in RegularizerRegistry.types {
            let made = try RegularizerRegistry.shared.make(className: type.className, config: [:])
            let copy = try RegularizerRegistry.shared.make(from: JSONValue(made))
            #expect(copy.className == type.className && JSONValue(copy) == JSONValue(made))
        }
        for type in ConstraintRegistry.types {
            let made = try ConstraintRegistry.shared.make(className: type.className, config: [:])
            let copy = try ConstraintRegistry.shared.make(from: JSONValue(made))
            #expect(copy.className == type.className && JSONValue(copy) == JSONValue(made))
        }
        let list: JSONValue = ["class_name": "MaxNorm", "config": ["max_value": 3, "axis": [0, 1]]]
        #expect((try ConstraintRegistry.shared.make(from: list) as? MaxNorm)?.axes == [0, 1])
    }
}
