import Foundation
import MartletCore

/// What an op does to some inputs, by PyTorch in float64: a case of `Fixtures/*.json`, as `scripts/make-op-fixtures.py`
/// writes and describes them.
struct OpFixture: Decodable, Sendable {
    let op: String
    let args: Arguments
    let inputs: [FixtureTensor]
    let outputs: [FixtureTensor]
    let outputGradient: FixtureTensor?
    /// In place of `outputGradient` where several outputs have one.
    let outputGradients: [FixtureTensor]?
    /// For each input, nil for those without one; nil as a whole for cases without gradients.
    let gradients: [FixtureTensor?]?

    /// The attributes of the op; each op has some of them.
    struct Arguments: Decodable, Sendable {
        let axis: Int!
        let axes: [Int]?
        let keepDims: Bool!
        let order: FixtureNumber!
        let exclusive: Bool!
        let reverse: Bool!
        let transposeA: Bool!
        let transposeB: Bool!
        let equation: String!
        let strides: [Int]!
        let dilation: [Int]!
        let groups: Int!
        let padding: [[Int]]!
        let size: [Int]!
        let permutation: [Int]!
        let shape: [Int]!
        let starts: [Int?]!
        let ends: [Int?]!
        let sizes: [Int]!
        let mode: String!
        let value: Double!
        let repeats: [Int]!
        let min: FixtureNumber!
        let max: FixtureNumber!
        let depth: Int!
        let descending: Bool!
        let k: Int!
        let epsilon: Double!
        let scale: Double?
        let isCausal: Bool!

        var pads: [(before: Int, after: Int)] { padding.map { ($0[0], $0[1]) } }
    }

    /// The names of the files, without extension.
    static let files = [
        "unary", "binary", "reductions", "cumulative", "softmax", "linearAlgebra", "convolution", "shapes", "indexing",
        "normalization", "attention", "matrices",
    ]

    static func cases(of file: String) throws -> [OpFixture] {
        struct File: Decodable { let cases: [OpFixture] }
        guard let folder = Bundle.module.url(forResource: "Fixtures", withExtension: nil) else {
            throw MartletError("Expected the folder Fixtures beside the tests.")
        }
        return try JSONDecoder().decode(File.self, from: Data(contentsOf: folder.appending(path: "\(file).json"))).cases
    }
}

/// A tensor in a fixture.
struct FixtureTensor: Decodable, Sendable {
    let shape: [Int]
    let dtype: String
    let values: [FixtureNumber]

    /// The tensor, of `floatType` if it holds floating-point numbers.
    func tensor(as floatType: DType = .float64) throws -> Tensor {
        let type = try DType(name: dtype)
        return Tensor(values.map(\.value), shape: Shape(shape)).cast(to: type.isFloatingPoint ? floatType : type)
    }
}

/// A number in a fixture: JSON has no NaN and no infinities, so they are strings.
struct FixtureNumber: Decodable, Sendable {
    let value: Double

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            value = number
        } else if let number = Double(try container.decode(String.self)) {
            value = number
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "Expected a number.")
        }
    }
}
