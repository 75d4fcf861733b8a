import Foundation
import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Activations and their gradients against what Keras computes.
@Suite(.ownSession) struct ActivationTests {
    static let cases: [JSONValue] = {
        let url = Bundle.module.url(forResource: "Fixtures/activations", withExtension: "json")!
        return try! JSONValue(parsing: Array(Data(contentsOf: url))).array("cases")
    }()

    private static func snakeCase(_ name: String) -> String {
        name.reduce("") { $0 + ($1.isUppercase ? "_" : "") + $1.lowercased() }
    }

    private static func tensor(_ json: JSONValue) throws -> Tensor {
        let values = try json.array("values").map { value -> Double in
            if case .string(let text) = value { return Double(text)! }
            return value == .null ? .nan : try value.value(at: [])
        }
        return Tensor(values, shape: Shape(try json.value(at: ["shape"], as: [Int].self)))
    }

    @Test(arguments: cases.indices) func agreesWithKeras(_ index: Int) throws {
        let fixture = Self.cases[index]
        var config = JSONObject()
        for (key, value) in try fixture.object("args") { config[Self.snakeCase(key)] = value }
        let name = Self.snakeCase(try fixture.string("op"))
        let activation = try ActivationRegistry.shared.make(className: name, config: .object(config))
        #expect(activation.name == name)

        let x = try Self.tensor(fixture.array("inputs")[0])
        let tape = GradientTape()
        tape.watch(x)
        let y = tape.record { activation(x) }
        Self.expectClose(y, try Self.tensor(fixture.array("outputs")[0]), "\(name) of \(x)")
        // Where x is not finite there is none.
        if let upstream = fixture["outputGradient"], upstream != .null {
            let gradient = tape.gradients(
                of: [y], withRespectTo: [x], outputGradients: [try Self.tensor(upstream)], unconnected: .zeros)[0]!
            Self.expectClose(gradient, try Self.tensor(fixture.array("gradients")[0]), "gradient of \(name) at \(x)")
        }
        // What a configuration makes of it computes the same.
        let copy = try ActivationRegistry.shared.make(from: JSONValue(activation))
        #expect(copy(x).scalars(as: Double.self).map(\.bitPattern) == y.scalars(as: Double.self).map(\.bitPattern))
    }

    private static func expectClose(_ a: Tensor, _ b: Tensor, _ what: String) {
        #expect(a.shape == b.shape)
        for (index, (x, y)) in zip(a.scalars(as: Double.self), b.scalars(as: Double.self)).enumerated() {
            // The absolute part is for 1 + tanh in gelu's approximation, which cancels far below 0, in Keras as here.
            let isClose = x == y || (x.isNaN && y.isNaN) || abs(x - y) <= 1e-12 * abs(y) + 1e-14
            #expect(isClose, "element \(index) of \(what): \(x), Keras \(y)")
        }
    }

    @Test func names() throws {
        let square = ActivationFunction(name: "square") { $0 * $0 }
        #expect(square(Tensor([3.0])).item() == 9)
        #expect(Dense(2, activation: "relu").activation.name == "relu")
        #expect(try ActivationFunction(named: "swish").name == "silu")
        #expect(throws: MartletError.self) { try ActivationFunction(named: "nonsense") }
        #expect(throws: MartletError.self) { try ActivationFunction(named: "threshold") }
        let fixtures = Set(try Self.cases.map { Self.snakeCase(try $0.string("op")) })
        #expect(Set(ActivationRegistry.shared.names).subtracting(fixtures) == [], "activations without a fixture")
    }
}
