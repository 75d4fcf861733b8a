import ArgumentParser
import Martlet

/// The models that the demo trains.
enum DemoModel: String, ExpressibleByArgument, CaseIterable {
    case cnn
    case mlp

    /// The model, built for the images.
    /// - Throws: `MartletError` when the images are too small for it.
    func build(for data: DemoData) throws -> Sequential {
        let model = Sequential(layers(for: data), name: rawValue)
        do {
            try model.ensureBuilt(for: [PartialShape([nil] + data.imageShape)])
        } catch let error as MartletError {
            throw MartletError("The \(self) cannot take images of \(data.size): \(error)", at: data.source)
        }
        return model
    }

    private func layers(for data: DemoData) -> [Layer] {
        // Probabilities are float32 where the other layers compute in fewer bits.
        let output: DTypePolicy? = Settings.dtypePolicy.isMixed ? .float32 : nil
        switch self {
        case .cnn:
            // Without padding nothing would be left of the digits' 8x8 pixels.
            let padding: Padding = data.source == "digits" ? .same : .valid
            return [
                Conv2D(32, kernelSize: 3, padding: padding, activation: .relu),
                MaxPooling2D(),
                Conv2D(64, kernelSize: 3, padding: padding, activation: .relu),
                MaxPooling2D(),
                Flatten(),
                Dense(128, activation: .relu),
                Dropout(0.5),
                Dense(DemoData.classCount, activation: .softmax, dtype: output),
            ]
        case .mlp:
            return [
                Flatten(), Dense(128, activation: .relu), Dropout(0.2),
                Dense(DemoData.classCount, activation: .softmax, dtype: output),
            ]
        }
    }
}
