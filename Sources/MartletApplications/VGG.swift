import Martlet

extension Applications {
    /// VGG of 16 layers. K. Simonyan, A. Zisserman, *Very deep convolutional networks for large-scale image recognition*, 2014.
    public static let vgg16 = vgg("vgg16", [2, 2, 3, 3, 3])
    /// VGG of 19 layers.
    public static let vgg19 = vgg("vgg19", [2, 2, 4, 4, 4])

    private static func vgg(_ name: String, _ counts: [Int]) -> Application {
        Application(name, .centeredBGR) { input, top in
            var x = input
            for (stage, count) in counts.enumerated() {
                for number in 1...count {
                    x = Conv2D(
                        min(64 << stage, 512), kernelSize: 3, padding: .same, activation: .relu,
                        name: "block\(stage + 1)_conv\(number)")(x)
                }
                x = MaxPooling2D(poolSize: 2, strides: 2, name: "block\(stage + 1)_pool")(x)
            }
            guard top.isIncluded else { return top.pooled(x, (nil, nil)) }
            x = Dense(4096, activation: .relu, name: "fc1")(Flatten(name: "flatten")(x))
            x = Dense(4096, activation: .relu, name: "fc2")(x)
            return Dense(top.classes, activation: top.activation, name: "predictions")(x)
        }
    }
}
