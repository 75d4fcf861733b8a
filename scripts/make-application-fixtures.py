#!/usr/bin/env python3
"""Writes Tests/MartletApplicationsTests/Fixtures/applications.json: the layers of networks of keras.applications, and what they
predict with weights and images that a formula gives (`value` here, `ApplicationTests.value` in Swift).

Needs the Python packages keras and tensorflow-cpu.
"""
import json
import os
import pathlib

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
import keras
import numpy as np

PATH = pathlib.Path(__file__).parent.parent / "Tests/MartletApplicationsTests/Fixtures/applications.json"
# Keras's function, the member of Applications, arguments.
CASES = [
    ("ResNet50", "resNet50", {}), ("ResNet50V2", "resNet50V2", {}), ("VGG16", "vgg16", {"size": 32}), ("VGG19", "vgg19", {"top": False}),
    ("Xception", "xception", {"size": 75}), ("MobileNetV2", "mobileNetV2", {}), ("MobileNetV2", "mobileNetV2", {"alpha": 0.35}),
    ("MobileNetV2", "mobileNetV2", {"alpha": 1.4, "top": False, "size": 33}),
    ("MobileNetV3Small", "mobileNetV3Small", {}), ("MobileNetV3Large", "mobileNetV3Large", {"top": False, "pooling": "max"}),
    ("MobileNetV3Large", "mobileNetV3Large", {"size": 65}), ("DenseNet121", "denseNet121", {}),
    ("EfficientNetB0", "efficientNetB0", {}), ("EfficientNetB1", "efficientNetB1", {"top": False, "pooling": "avg", "size": 45}),
    ("EfficientNetB3", "efficientNetB3", {"size": 40}), ("ConvNeXtTiny", "convNeXtTiny", {}),
    ("ConvNeXtTiny", "convNeXtTiny", {"top": False, "pooling": "avg"}), ("ResNet50", "resNet50", {"top": False, "pooling": "max"}),
]
SIZES = [("ResNet101", "resNet101"), ("ResNet152", "resNet152"), ("ResNet101V2", "resNet101V2"), ("ResNet152V2", "resNet152V2"),
         ("DenseNet169", "denseNet169"), ("DenseNet201", "denseNet201"), ("EfficientNetB2", "efficientNetB2"),
         ("EfficientNetB4", "efficientNetB4"), ("ConvNeXtSmall", "convNeXtSmall")]
PREPROCESSING = {"ResNet50": "resnet", "ResNet50V2": "resnet_v2", "VGG16": "vgg16", "Xception": "xception", "MobileNetV2": "mobilenet_v2",
                 "DenseNet121": "densenet", "EfficientNetB0": "efficientnet", "ConvNeXtTiny": "convnext", "MobileNetV3Small": "mobilenet_v3"}


def value(number, shape):
    """Numbers from -1/2 to 1/2."""
    x = np.arange(int(np.prod(shape)), dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(number * 0x85EBCA77 % 2**32)
    for shift, factor in ((15, 0x2C1B3C6D), (12, 0x297A2D39)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return ((x ^ (x >> np.uint32(15))) / 2**32 - 0.5).reshape(shape)


def weight(number, variable):
    u, name = value(number, variable.shape), variable.name
    if name == "moving_variance":
        return 0.5 + 0.1 * u
    # LayerScale's weight has an automatic name.
    if name == "gamma" or name.startswith("variable"):
        return 1 + 0.2 * u
    if len(variable.shape) < 2:
        return u / 5
    # Of a convolution of each channel the sums are short.
    shape = variable.shape
    inputs = shape[0] * shape[1] if len(shape) == 4 and shape[-1] == 1 else int(np.prod(shape[:-1]))
    return u * np.sqrt(12 / inputs)


def inbound(layer, model):
    nodes = [n for n in layer._inbound_nodes if n in model._nodes]
    return [t._keras_history.operation.name for n in nodes for t in n.input_tensors]


def described(model):
    return [[layer.name, type(layer).__name__, list(layer.output.shape), layer.count_params(), inbound(layer, model)]
            for layer in model.layers]


def main():
    cases = []
    for keras_name, swift_name, options in CASES:
        keras.utils.clear_session()
        size, top = options.get("size", 64), options.get("top", True)
        further = {k: options[k] for k in ("alpha",) if k in options}
        make = getattr(keras.applications, keras_name)
        model = make(weights=None, include_top=top, input_shape=(size, size, 3), pooling=options.get("pooling"), classes=5,
                     **({"classifier_activation": None} if top else {}), **further)
        for number, variable in enumerate(model.weights):
            # Keras does not look at those of Normalization until they are adapted or loaded.
            if variable.name not in ("mean", "variance", "count"):
                variable.assign(weight(number, variable).astype("f4"))
        x = (value(1, (2, size, size, 3)) * (100 if keras_name.startswith(("Eff", "MobileNetV3", "Conv")) else 2)).astype("f4")
        y = model.predict(x, verbose=0)
        cases.append({"name": swift_name, "options": options, "model": model.name, "parameters": model.count_params(),
                      "layers": described(model), "shape": list(y.shape), "y": [float(v) for v in y.reshape(-1)[:: max(1, y.size // 40)]]})
        print(keras_name, options, model.count_params(), np.abs(y).max())
    sizes = {}
    for keras_name, swift_name in SIZES:
        keras.utils.clear_session()
        model = getattr(keras.applications, keras_name)(weights=None, include_top=False, input_shape=(64, 64, 3))
        sizes[swift_name] = [model.name, len(model.layers), model.count_params(), list(model.output.shape)]
    pixels = np.arange(2 * 2 * 3 * 3).reshape(2, 2, 3, 3).astype("f4") * 7
    preprocessed = {swift: [float(v) for v in np.asarray(getattr(keras.applications, module).preprocess_input(pixels.copy())).reshape(-1)]
                    for keras_name, swift, _ in CASES for name, module in PREPROCESSING.items() if name == keras_name}
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(json.dumps({"cases": cases, "sizes": sizes, "preprocessed": preprocessed}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
