#!/usr/bin/env python3
"""Writes Tests/MartletNNTests/Fixtures/images.json: what Keras's layers for images and sound compute, on TensorFlow.

    scripts/make-image-layer-fixtures.py        (needs keras, tensorflow-cpu and numpy)

A case is `{"layer", "config", "input", "transformation", "output"}` in float32: Keras's class and configuration, a batch of
images or signals, what Keras drew for it, under the names that Martlet's layers use, null for layers that draw nothing, and
the output in training.
"""
import os

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0",
               "CUDA_VISIBLE_DEVICES": "-1"}

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from fixtures import Draw, tensor, write

draw = Draw(20250612)
SEED = 11
cases = []


def flat(transformation, prefix=""):
    """Numbers by name; those of layers inside under the layer's name."""
    found = {}
    for name, value in transformation.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}/")
        elif value is not None and name not in ("input_shape", "seed", "image_height", "image_width", "batch_size"):
            value = np.asarray(value)
            found[prefix + name] = value.astype({"u": np.int64, "i": np.int64}.get(value.dtype.kind, value.dtype))
    return found


def parts_of(layer, transformation):
    """What Martlet's layer calls the drawn numbers."""
    if isinstance(layer, layers.RandomRotation):
        return {"angle": np.asarray(transformation["angle"])}
    if isinstance(layer, layers.RandomCrop):
        if not hasattr(transformation[0], "numpy"):
            return {}
        return {"h_start": np.int64(transformation[0]), "w_start": np.int64(transformation[1])}
    if isinstance(layer, layers.Resizing):
        return None
    if isinstance(layer, layers.RandomGrayscale):
        return {"should_apply": np.asarray(transformation)}
    if isinstance(layer, layers.RandAugment):
        return flat(transformation["transforms"]) | {"layer_idxes": np.int64(transformation["layer_idxes"])}
    if isinstance(layer, layers.RandomErasing) or isinstance(layer, layers.CutMix):
        found = flat(transformation)
        found["batch_masks"] = found["batch_masks"][..., :1]
        if "mix_weight" in found:
            found["mix_weight"] = found["mix_weight"].reshape(-1)
        return found
    return flat(transformation)


def angles(found):
    """Martlet makes the matrix of a rotation itself."""
    return {name: value for name, value in found.items() if not name.endswith("rotation_matrix")}


def case(layer, images, boxes=False):
    images = np.asarray(images, dtype="float32")
    transformation = layer.get_random_transformation(tf.constant(images), training=True, seed=SEED)
    found = parts_of(layer, transformation) if transformation is not None else None
    if isinstance(layer, layers.RandomElasticTransform):
        shape = images.shape[:3]
        # Keras draws both directions from one seed.
        noise = tf.random.stateless_normal(shape, seed=[SEED, 0]).numpy()
        found["noise"] = np.stack([noise, noise], axis=-1)
    if isinstance(layer, layers.MixUp) or isinstance(layer, layers.CutMix):
        labels = np.eye(len(images), dtype="float32")
        mixed = layer.transform_labels(tf.constant(labels), transformation, training=True).numpy()
    else:
        labels = mixed = None
    output = np.asarray(layer.transform_images(tf.constant(images), transformation, training=True))
    record(layer, images, found and angles(found), output, labels, mixed, boxes and moved(layer, images, transformation))


def moved(layer, images, transformation):
    """Boxes before and after. Keras cuts them at the edges, and makes the labels -1 of those that have left the image."""
    before = np.tile(np.float32([[1, 1, 3, 2], [0, 2, 2, 5], [3, 0, 5, 1], [2.5, 1.25, 4, 4.5]]), (len(images), 1, 1))
    labels = np.tile(np.float32([1, 2, 3, 4]), (len(images), 1))
    boxes = keras.utils.bounding_boxes.convert_format(
        before, source="xyxy", target=layer.bounding_box_format, height=images.shape[1], width=images.shape[2])
    after = layer.transform_bounding_boxes({"boxes": boxes, "labels": tf.constant(labels)}, transformation, training=True)
    return np.asarray(boxes), np.asarray(after["boxes"]), np.asarray(after["labels"])


def record(layer, x, found, output, labels=None, mixed=None, boxes=None):
    config = keras.saving.serialize_keras_object(layer)["config"]
    cases.append(dict(
        layer=type(layer).__name__, config=config, input=tensor(x),
        transformation=None if found is None else {k: tensor(v) for k, v in found.items()}, output=tensor(output),
        labels=None if labels is None else tensor(labels), mixed=None if mixed is None else tensor(mixed),
        boxes=[tensor(b) for b in boxes] if boxes else None))


def pixels(*shape, high=255.0):
    return draw.uniform(shape, 0, high)


def rest():
    for shape in ((3, 6, 5, 3), (2, 5, 8, 1)):
        for mode in ("horizontal", "vertical", "horizontal_and_vertical"):
            case(layers.RandomFlip(mode), pixels(*shape))
        for mode in ("reflect", "wrap", "constant", "nearest"):
            for interpolation in ("bilinear", "nearest"):
                options = dict(fill_mode=mode, interpolation=interpolation, fill_value=7.0)
                case(layers.RandomRotation(0.4, **options), pixels(*shape))
                case(layers.RandomZoom((0.3, 0.9), (-0.5, 0.4), **options), pixels(*shape))
                case(layers.RandomTranslation(0.9, (0.3, 0.6), **options), pixels(*shape))
                case(layers.RandomShear((0.2, 0.6), 0.4, **options), pixels(*shape))
    case(layers.RandomRotation((0.1, 0.2)), pixels(3, 6, 5, 3))
    case(layers.RandomZoom(0.4), pixels(3, 6, 5, 3))
    for interpolation in ("bilinear", "nearest"):
        case(layers.RandomPerspective(0.9, scale=0.7, interpolation=interpolation, fill_value=3.0), pixels(3, 7, 6, 2))
        # Of 24 pixels, so that the blur has neighbours.
        for mode in ("reflect", "wrap", "constant", "nearest"):
            case(layers.RandomElasticTransform(1.0, scale=(0.9, 1.0), interpolation=interpolation, fill_mode=mode,
                                               fill_value=9.0), pixels(2, 24, 21, 1))
    case(layers.RandomCrop(3, 4), pixels(2, 6, 7, 2))
    case(layers.RandomCrop(8, 4), pixels(2, 6, 7, 2))
    case(layers.RandomCrop(4, 9), pixels(2, 6, 7, 2))
    for factor in (0.3, (0.1, 0.5)):
        case(layers.RandomBrightness(factor), pixels(3, 2, 3, 3))
        case(layers.RandomContrast(factor), pixels(3, 2, 3, 3))
        case(layers.RandomHue(factor), pixels(3, 2, 3, 3))
        case(layers.RandomSaturation(factor), pixels(3, 2, 3, 3))
        case(layers.RandomColorDegeneration(factor), pixels(3, 2, 3, 3))
        case(layers.RandomSharpness(factor), pixels(3, 4, 5, 3))
        case(layers.RandomInvert(factor), pixels(3, 2, 3, 3))
        case(layers.RandomErasing(factor, scale=(0.1, 0.6), fill_value=5.0), pixels(3, 6, 5, 3))
        case(layers.RandomGaussianBlur(factor, kernel_size=5, sigma=(0.5, 1.0)), pixels(3, 5, 4, 3))
        case(layers.Solarization(factor, factor), pixels(3, 2, 3, 3))
        case(layers.CutMix(factor), pixels(4, 6, 5, 2))
    case(layers.RandomBrightness(0.9, value_range=(0, 1)), pixels(3, 2, 3, 3, high=1))
    case(layers.RandomHue(0.9, value_range=(0, 1)), pixels(3, 2, 3, 3, high=1))
    case(layers.RandomSaturation((0.6, 0.9), value_range=(0, 1)), pixels(3, 2, 3, 3, high=1))
    case(layers.Solarization(0.2, 0.5, value_range=(0, 1)), pixels(3, 2, 3, 3, high=1))
    case(layers.RandomGaussianBlur(1.0, kernel_size=(3, 7), sigma=0.9), pixels(3, 9, 8, 1))
    case(layers.RandomErasing(1.0), pixels(3, 6, 5, 3))
    case(layers.RandomErasing(1.0, fill_value=[1.0, 2.0, 3.0]), pixels(3, 6, 5, 3))
    for factor in (3, 8, (2, 6), (4, 4)):
        case(layers.RandomPosterization(factor), pixels(4, 2, 3, 2))
    case(layers.RandomGrayscale(0.5), pixels(4, 2, 3, 3))
    case(layers.MixUp(0.4), pixels(4, 2, 3, 2))
    for value_range in ((0, 255), (0, 1)):
        images = pixels(2, 4, 3, 2, high=value_range[1])
        images[0, ..., 0] = images[0, 0, 0, 0]
        case(layers.AutoContrast(value_range), images)
        case(layers.RandAugment(value_range, factor=0.4, num_ops=3), pixels(2, 6, 5, 3, high=value_range[1]))
        case(layers.Equalization(value_range), pixels(2, 4, 3, 2, high=value_range[1]))
        case(layers.Equalization(value_range, bins=16), pixels(2, 6, 5, 1, high=value_range[1]))
    case(layers.Equalization(), np.full((2, 2, 2, 1), 7.0))
    for layer in (layers.CenterCrop(3, 4), layers.CenterCrop(9, 4), layers.CenterCrop(2, 11)):
        case(layer, pixels(2, 6, 7, 2))
    case(layers.MaxNumBoundingBoxes(4), pixels(1, 2, 3, 1))


def with_boxes():
    """Layers whose boxes Keras moves as their images. Where Resizing crops or pads, Keras cuts the images at whole pixels
    before it stretches them, and the boxes at whole pixels after it."""
    for form in ("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh"):
        for mode in ("horizontal", "vertical", "horizontal_and_vertical"):
            case(layers.RandomFlip(mode, bounding_box_format=form), pixels(3, 6, 5, 1), boxes=True)
        case(layers.RandomTranslation(0.4, 0.3, bounding_box_format=form), pixels(3, 6, 5, 1), boxes=True)
        case(layers.Resizing(12, 8, bounding_box_format=form), pixels(2, 6, 5, 1), boxes=True)
        case(layers.CenterCrop(4, 3, bounding_box_format=form), pixels(2, 6, 5, 1), boxes=True)


def histograms():
    for options in ({}, {"tile_grid_size": (2, 3)}, {"tile_grid_size": (2, 2), "clip_limit": 1.5}, {"clip_limit": 0.0},
                    {"tile_grid_size": (3, 2), "value_range": (0, 1)}):
        high = options.get("value_range", (0, 255))[1]
        layer = layers.ContrastLimitedAdaptiveHistogramEqualization(**options)
        # Half of the values are near each other, so that some bins are cut off.
        images = np.where(draw.uniform((2, 9, 11, 2), 0, 1) < 0.5, 0.3 * high, draw.uniform((2, 9, 11, 2), 0, high))
        case(layer, images)


def jitter():
    """The layer draws while it changes: the four in its order, from one seed each."""
    layer = layers.RandomColorJitter(brightness_factor=0.3, contrast_factor=0.4, saturation_factor=(0.3, 0.7), hue_factor=0.5)
    images = tf.constant(pixels(3, 3, 2, 3).astype("float32"))
    found, output = {}, images
    for name in ("random_brightness", "random_contrast", "random_saturation", "random_hue"):
        part = getattr(layer, name)
        transformation = part.get_random_transformation(output, seed=SEED)
        found |= flat({name: transformation})
        output = part.transform_images(output, transformation)
    record(layer, images.numpy(), found, output.numpy())


def mixed_chains():
    names = ["random_shear", "random_translation", "random_rotation", "random_brightness", "random_color_degeneration",
             "random_contrast", "random_sharpness", "random_posterization", "solarization", "auto_contrast", "equalization"]
    for uses_all in (True, False):
        layer = layers.AugMix(factor=0.4, num_chains=2, chain_depth=2, all_ops=uses_all)
        known = [n for n in names if uses_all or n in layer._augment_layers]
        images = tf.constant(pixels(2, 6, 5, 3).astype("float32"))
        transformation = layer.get_random_transformation(images, seed=SEED)
        choices = np.full((2, 2), len(known), dtype=np.int64)
        found = {name: np.asarray(transformation[name]) for name in ("chain_mixing_weights", "weight_sample")}
        for chain, steps in enumerate(transformation["chain_transforms"]):
            for depth, step in enumerate(steps):
                choices[chain, depth] = known.index(step["layer_name"])
                inner = step["transformation"]
                if inner is not None:
                    found |= angles(flat({f"{chain}/{depth}/{step['layer_name']}": inner}))
        output = layer.transform_images(images, transformation)
        record(layer, images.numpy(), found | {"choices": choices}, output.numpy())


def sound():
    for options in (dict(), dict(mode="magnitude", scaling="spectrum"), dict(mode="psd", frame_step=2, periodic=True),
                    dict(mode="real", window="hamming"), dict(mode="imag", window=None), dict(mode="angle"),
                    dict(mode="stft", fft_length=16, expand_dims=True), dict(mode="log", padding="same", window="blackman"),
                    dict(mode="magnitude", data_format="channels_last", expand_dims=True, scaling=None)):
        layer = layers.STFTSpectrogram(**(dict(frame_length=8) | options))
        x = draw.uniform((2, 27, 2)).astype("float32")
        record(layer, x, None, layer(x).numpy())
    for name in ("bartlett", "boxcar", "cosine", "triang", "nuttall", "blackmanharris", "flattop"):
        for periodic in (False, True):
            for length in (6, 7):
                layer = layers.STFTSpectrogram("magnitude", frame_length=length, window=name, periodic=periodic)
                x = draw.uniform((1, 16, 1)).astype("float32")
                record(layer, x, None, layer(x).numpy())
    for options in (dict(), dict(power_to_db=False), dict(power_to_db=False, mag_exp=1.0, window="hamming"),
                    dict(sequence_length=24, max_freq=300.0), dict(top_db=10.0, ref_power=2.0, window=None)):
        layer = layers.MelSpectrogram(**(dict(fft_length=32, sequence_stride=16, sampling_rate=1000, num_mel_bins=5) | options))
        x = draw.uniform((2, 100)).astype("float32")
        record(layer, x, None, layer(x).numpy())


rest()
jitter()
mixed_chains()
sound()
with_boxes()
histograms()
write("MartletNNTests/Fixtures/images.json", f"Keras {keras.__version__} on TensorFlow {tf.__version__}", cases)
