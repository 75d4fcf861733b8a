#!/usr/bin/env python3
"""Writes Tests/MartletNNTests/Fixtures/operations/*: functional models of `keras.ops`, as Keras saves them, with inputs (x0, ...) and outputs (y0, ...) in a .npz file each.

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


def save(name, shapes, function, low=-2.0, change=lambda x: x):
    inputs = [keras.Input(shape) for shape in shapes]
    model = keras.Model(inputs, function(*inputs))
    model.save(FOLDER / f"{name}.keras")
    x = [change(draw.uniform((2, *shape), low).astype("float32")) for shape in shapes]
    y = model(x)  # Not compiled: quantiles without NaN only run so.
    y = y if isinstance(y, (list, tuple)) else [y]
    np.savez_compressed(FOLDER / f"{name}.npz", **{f"x{i}": v for i, v in enumerate(x)}, **{f"y{i}": v for i, v in enumerate(map(np.asarray, y))})
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


def numbers(a, b):
    nan = ops.log(a)
    steps = ops.cast(ops.round(b), "int32")
    huge = 1 / ops.relu(a)
    return [ops.fabs(a), ops.conj(a), ops.real(a), ops.imag(a), ops.angle(a), ops.deg2rad(a), ops.rad2deg(a), ops.erfc(a),
            ops.signbit(a), ops.isneginf(-huge), ops.isposinf(huge), ops.isreal(a), ops.heaviside(a, b), ops.fmax(nan, b),
            ops.fmin(b, nan), ops.fmod(a, b), ops.fmod(steps, 2), ops.ldexp(a, steps), ops.logaddexp2(a, b),
            ops.isclose(a, a * 1.00001), ops.isclose(a, b, rtol=0.1, atol=0.5), ops.isclose(nan, nan, equal_nan=True),
            ops.allclose(a, b), ops.saturate_cast(200 * a, "uint8"), ops.copy(a), ops.empty_like(a) * 0,
            ops.select([a > 1, a > 0], [b, a], 7.0), ops.cbrt(a)]


def statistics(x):
    near = ops.nan_to_num(x, nan=0.25)
    shares = np.array([0.1, 0.5, 0.95], dtype="float32")
    functions = [ops.nansum, ops.nanprod, ops.nanmax, ops.nanmin, ops.nanmean, ops.nanvar, ops.nanstd]
    outputs = [f(x, axis=axis, keepdims=keeps) for f in functions for axis, keeps in [(1, False), ((1, 2), True)]]
    outputs += [ops.nanargmax(x, axis=1), ops.nanargmin(x, axis=2, keepdims=True), ops.nancumsum(x, axis=1),
                ops.nancumprod(x, axis=2), ops.median(near, axis=1), ops.median(near, axis=(1, 2), keepdims=True),
                ops.nanmedian(x, axis=2), ops.median(x, axis=1), ops.ptp(near, axis=(1, 2)), ops.trapezoid(near, dx=0.5, axis=1)]
    outputs += [ops.percentile(near, 30, axis=2, method=m) for m in ["linear", "lower", "higher", "midpoint", "nearest"]]
    outputs += [ops.quantile(near, 0.3, axis=2), ops.quantile(near, 0.3, axis=2, method="lower"),
                ops.quantile(near, shares, axis=(1, 2)), ops.percentile(near, 30, axis=1, keepdims=True),
                ops.nanquantile(x, 0.4, axis=2), ops.nanpercentile(x, 80, axis=1), ops.cumsum(near, axis=None),
                ops.cumprod(near), ops.flip(near), ops.roll(near, 3), ops.roll(near, -1, axis=2)]
    return outputs


def with_holes(x):
    x[0, 1, :] = np.nan
    x[1, 2, 3] = np.nan
    x[1, 0, 0] = np.nan
    return x


def matrices(a, b, v, w):
    # Keras 3.15's half turn is wrong for other matrices than square ones.
    bins = np.array([-1.0, 0.0, 0.5, 1.0], dtype="float32")
    return [ops.fliplr(a), ops.flipud(a), ops.rot90(a, k=1, axes=(1, 2)), ops.rot90(a[:, :3], k=2, axes=(1, 2)),
            ops.rot90(a, k=-1, axes=(2, 1)), *ops.hsplit(a, 2),
            *ops.dsplit(a, [1, 2]), *ops.array_split(a, 3, axis=1), ops.dstack([a, a + 1]), ops.append(a, b, axis=2),
            ops.append(a, b), ops.outer(v, w), ops.vdot(v, v + 1), ops.inner(v, v), ops.inner(v, v[0]), ops.cross(v, w),
            ops.cross(v, w[:, :2]), ops.cross(v[:, :2], w[:, :2]), ops.cross(v, w, axisa=1, axisb=1, axisc=0), ops.diag(v),
            ops.diag(v, k=1), ops.diag(v[0], k=-2), ops.digitize(a, bins), ops.searchsorted(bins, ops.ravel(a)),
            ops.searchsorted(bins, ops.ravel(a), side="right")]


def neural(x, y, q):
    gamma, beta = (draw.uniform((5,), 0.5, 1.5).astype("float32") for _ in range(2))
    grid = draw.uniform((4, 5), 0.5, 1.5).astype("float32")
    p, t = 1.0 * ops.softmax(x), 1.0 * ops.softmax(y)  # Of a softmax's own result Keras remembers the logits.
    label = ops.argmax(x, axis=-1)
    heads = ops.reshape(q, (-1, 6, 2, 4))
    mask = np.tril(np.ones((6, 6), bool))
    bias = draw.uniform((2, 6, 6), -1, 1).astype("float32")
    flat = x[:, 0, :]
    return [ops.layer_normalization(x), ops.layer_normalization(x, gamma, beta, epsilon=1e-3),
            ops.layer_normalization(x, beta=beta), ops.layer_normalization(x, grid, axis=[1, 2]),
            ops.rms_normalization(x), ops.rms_normalization(x, gamma, epsilon=1e-3),
            ops.dot_product_attention(heads, heads + 1, heads), ops.dot_product_attention(heads, heads, heads, is_causal=True),
            ops.dot_product_attention(heads, heads, heads, bias=bias, scale=0.7),
            ops.dot_product_attention(heads, heads, heads, mask=mask[None, None]),
            ops.binary_crossentropy(t, p), ops.binary_crossentropy(t, x, from_logits=True),
            ops.categorical_crossentropy(t, 2 * p), ops.categorical_crossentropy(t, x, from_logits=True),
            ops.sparse_categorical_crossentropy(label, t), ops.sparse_categorical_crossentropy(label, x, from_logits=True),
            ops.psnr(x, y, 2.0), ops.in_top_k(ops.argmax(y[:, 0, :], axis=-1), flat, 2), ops.cdist(x, y),
            ops.extract_sequences(x, 3, 1), ops.segment_sum(x, np.array([1, 0], dtype="int32"), num_segments=3),
            ops.multi_hot(label, 6)]


def patches(x):
    return [ops.image.extract_patches(x, 2), ops.image.extract_patches(x, (2, 3), strides=1, padding="same"),
            ops.image.extract_patches(x, 2, strides=1, dilation_rate=2), ops.image.pad_images(x, 1, 2, 0, 3),
            ops.image.pad_images(x, top_padding=1, left_padding=0, target_height=8, target_width=9),
            ops.image.crop_images(x, 1, 2, 1, 1),
            ops.image.crop_images(x, bottom_cropping=1, right_cropping=2, target_height=2, target_width=3),
            ops.image.sobel_edges(x), ops.slice(x, [0, 1, 2, 0], [2, 3, 2, 1])]


def arithmetic(x, y):
    return [x + y * 2 - 1 / x, -x % 3, x ** 2 / y, ops.maximum(x, 0.5) - ops.minimum(y, 1), ops.where(x > y, x, 0.0),
            ops.tanh(x) * ops.sigmoid(y) + ops.relu(x), ops.sqrt(ops.abs(x)) - ops.exp(-y), x[:, 1], x[..., ::2, None],
            ops.mean(x, axis=1), ops.sum(y, axis=(1, 2), keepdims=True), ops.max(x, axis=-1), ops.std(x, axis=1),
            ops.cast(ops.argmax(x, axis=1), "float32"), ops.concatenate([x, y], axis=-1), ops.stack([x, y], axis=1),
            ops.reshape(x, (-1, 12)), ops.transpose(x, (0, 2, 1)), ops.matmul(x, ops.swapaxes(y, 1, 2)),
            ops.cast(ops.logical_and(x > 0, y <= 1), "float32"), ops.clip(x, -0.5, 0.5), ops.softmax(x, axis=1),
            ops.einsum("bij,bkj->bik", x, y), *ops.split(x, 3, axis=2), x * np.array([1, 2.5, 3], dtype="float32")]


save("linalg", [(3, 3), (3, 2), (3,)], linalg)
save("images", [(5, 6, 3)], images)
save("convolutions", [(6, 8, 2)], convolutions)
save("numbers", [(5,), (5,)], numbers)
save("statistics", [(4, 6)], statistics, change=with_holes)
save("matrices", [(4, 3), (4, 2), (3,), (3,)], matrices)
save("neural", [(4, 5), (4, 5), (6, 8)], neural)
save("patches", [(5, 6, 3)], patches)
save("arithmetic", [(4, 3), (4, 3)], arithmetic)
