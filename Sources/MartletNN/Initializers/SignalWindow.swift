import Foundation
import MartletCore
import MartletFormats

/// The weights of a frame of a signal, which fall towards its ends.
public enum SignalWindow: Sendable, Hashable {
    case hann, hamming, blackman, bartlett, boxcar, cosine, triang, nuttall, blackmanharris, flattop
    /// Weights of one's own, as many as the frame has samples.
    case values([Double])

    static let named: [(name: String, window: SignalWindow)] = [
        ("hann", .hann), ("hamming", .hamming), ("blackman", .blackman), ("bartlett", .bartlett), ("boxcar", .boxcar),
        ("cosine", .cosine), ("triang", .triang), ("nuttall", .nuttall), ("blackmanharris", .blackmanharris),
        ("flattop", .flattop),
    ]

    /// The weights of `count` samples.
    /// - Parameter isPeriodic: whether the first weight would come again after the last one; otherwise the window is
    ///   symmetric.
    func weights(_ count: Int, isPeriodic: Bool) -> [Double] {
        if case .values(let values) = self { return values }
        guard count > 1 else { return [Double](repeating: 1, count: max(0, count)) }
        let size = isPeriodic ? count + 1 : count
        func cosines(_ factors: [Double]) -> (Int) -> Double {
            { place in
                let angle = Double.pi * (2 * Double(place) / Double(size - 1) - 1)
                return factors.enumerated().reduce(0) { $0 + $1.element * cos(Double($1.offset) * angle) }
            }
        }
        let weight: (Int) -> Double
        switch self {
        case .hann: weight = cosines([0.5, 0.5])
        case .hamming: weight = cosines([0.54, 0.46])
        case .blackman: weight = cosines([0.42, 0.5, 0.08])
        case .nuttall: weight = cosines([0.3635819, 0.4891775, 0.1365995, 0.0106411])
        case .blackmanharris: weight = cosines([0.35875, 0.48829, 0.14128, 0.01168])
        case .flattop: weight = cosines([0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368])
        case .bartlett: weight = { 1 - abs(2 * Double($0) / Double(size - 1) - 1) }
        case .triang:
            let width = Double(size % 2 == 0 ? size : size + 1)
            weight = { 1 - abs(2 * Double($0) - Double(size - 1)) / width }
        case .cosine: weight = { sin(Double.pi / Double(size) * (Double($0) + 0.5)) }
        case .boxcar, .values: weight = { _ in 1 }
        }
        return (0..<count).map(weight)
    }
}

extension SignalWindow: ArgumentValue {
    package static var argumentForm: ArgumentForm<SignalWindow> {
        ArgumentForm(
            read: { config, key in
                if let values = try? config.numbers(key) { return .values(values) }
                let name: String = try config.required(key)
                if let found = named.first(where: { $0.name == name }) { return found.window }
                throw MartletError(
                    "Expected one of \(named.map(\.name).joined(separator: ", ")), or a list of weights. Received: \"\(name)\".",
                    at: "\(config.className).\(key)")
            },
            write: { window in
                if case .values(let values) = window { return .numbers(values) }
                return .string(named.first { $0.window == window }!.name)
            })
    }
}

/// How a spectrum is scaled: by the window's energy or by its sum.
public enum SpectrumScaling: String, Sendable, CaseIterable, ArgumentValue {
    /// Divided by the square root of the sum of the squared weights.
    case density
    /// Divided by the sum of the weights.
    case spectrum
}
