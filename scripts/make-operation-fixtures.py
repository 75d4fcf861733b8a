#!/usr/bin/env python3
"""Writes Tests/MartletNNTests/Fixtures/operations/*: functional models of `keras.ops` on images and matrices, as Keras saves
them, with inputs (x0, ...) and outputs (y0, ...) in a .npz file each.

    scripts/make-operation-fixtures.py        (needs keras, tensorflow-cpu and numpy)
"""
import os

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0",
               "CUDA_VISIBLE_DEVICES": "-1"}

import keras
import numpy as np
from keras import ops

from fixtures import TESTS, Draw

draw = Draw(20250613)
FOLDER = TESTS / "MartletNNTests/Fixtures/operations"
FOLDER.mkdir(exist_ok=True)


def save(name, shapes, function, low=-2.0):
    inputs = [keras.Input(shape) for shape in shapes]
    model = keras.Model(inputs, function(*inputs))
    model.save(FOLDER / f"{name}.keras")
    x = [draw.uniform((2, *shape), low).astype("float32") for shape in shapes]
    y = model.predict(x, verbose=0)
    y = y if isinstance(y, (list, tuple)) else [y]
    np.savez_compressed(FOLDER / f"{name}.npz", **{f"x{i}": v for i, v in enumerate(x)}, **{f"y{i}": v for i, v in enumerate(y)})
    print(name, [v.shape for v in y])


def linalg(a, b, v):
    eye = 3 * np.eye(3, dtype="float32")
    square = a + eye
    symmetric = ops.matmul(a, ops.transpose(a, (0, 2, 1))) + eye
    factor = ops.cholesky(symmetric)
    sign, logarithm = ops.slogdet(square)
    return [factor, ops.cholesky(symmetric, upper=True), ops.cholesky_inverse(factor), ops.inv(square), ops.det(square),
            ops.logdet(symmetric), sign, logarithm, ops.solve(square, b), ops.solve_triangular(square, b, lower=True),
            ops.solve_triangular(square, b), ops.matmul(*ops.qr(square))]


def images(x):
    unit = ops.sigmoid(x)
    turn = np.array([0.9, 0.2, 0.3, -0.2, 0.8, 0.7, 0.01, 0.02], dtype="float32")
    start = np.array([[0, 0], [5, 0], [0, 4], [5, 4]], dtype="float32")
    end = start + np.array([[0.5, 0.3], [-0.6, 0.2], [0.4, -0.7], [-0.1, -0.2]], dtype="float32")
    both = np.stack([start, start]), np.stack([end, end])
    return [ops.image.rgb_to_grayscale(unit), ops.image.rgb_to_hsv(unit), ops.image.hsv_to_rgb(unit),
            ops.image.resize(x, (7, 3), interpolation="bicubic"), ops.image.resize(x, (3, 9), antialias=True),
            ops.image.resize(x, (4, 8), crop_to_aspect_ratio=True), ops.image.resize(x, (4, 8), pad_to_aspect_ratio=True,
                                                                                      fill_value=0.5),
            ops.image.affine_transform(x, np.stack([turn, turn]), fill_mode="reflect"),
            ops.image.affine_transform(x, np.stack([turn, turn]), interpolation="nearest", fill_value=2.0),
            ops.image.perspective_transform(x, *both),
            ops.image.gaussian_blur(x, kernel_size=(3, 5), sigma=(0.8, 1.5))]


def convolutions(x):
    kernel = draw.uniform((3, 2, 2, 3), -1, 1).astype("float32")
    depthwise = draw.uniform((2, 3, 2, 2), -1, 1).astype("float32")
    point = draw.uniform((1, 1, 4, 3), -1, 1).astype("float32")
    mean, variance = ops.moments(x, axes=[1, 2])
    return [ops.conv(x, kernel, strides=2, padding="same"), ops.conv(x, kernel, dilation_rate=2),
            ops.depthwise_conv(x, depthwise, padding="same"), ops.separable_conv(x, depthwise, point),
            mean, variance, ops.adaptive_average_pool(x, (2, 3)), ops.adaptive_max_pool(x, (2, 2)),
            ops.nn.space_to_depth(x, 2), ops.nn.depth_to_space(ops.nn.space_to_depth(x, 2), 2)]


save("linalg", [(3, 3), (3, 2), (3,)], linalg)
save("images", [(5, 6, 3)], images)
save("convolutions", [(6, 8, 2)], convolutions)
