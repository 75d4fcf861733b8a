#!/usr/bin/env python3
"""Writes Tests/MartletDataTests/Fixtures: files of records by real TensorFlow. With --check FOLDER it reads files of ours there,
which the test `writesForTensorFlow` leaves with MARTLET_RECORDS=FOLDER, and fails where TensorFlow reads others than the test
wrote.

Needs TensorFlow.
"""
import os
import sys
from pathlib import Path

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
import numpy as np
import tensorflow as tf

FOLDER = Path(__file__).parent.parent / "Tests/MartletDataTests/Fixtures"


def feature(value):
    if isinstance(value, bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    if isinstance(value[0], float):
        return tf.train.Feature(float_list=tf.train.FloatList(value=value))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=value))


def example(number):
    features = {"x": feature([number / 4, -1.5]), "y": feature([number, -number]), "name": feature(b"n%d" % number)}
    return tf.train.Example(features=tf.train.Features(feature=features))


def sequence(number):
    context = tf.train.Features(feature={"label": feature([number])})
    lists = {"words": tf.train.FeatureList(feature=[feature([w, w + 1]) for w in range(number + 1)]),
             "scores": tf.train.FeatureList(feature=[feature([w / 2]) for w in range(number + 1)])}
    return tf.train.SequenceExample(context=context, feature_lists=tf.train.FeatureLists(feature_list=lists))


def write(path, messages, compression=""):
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for message in messages:
            writer.write(message.SerializeToString())


def check(folder):
    def read(pattern, compression, parse):
        paths = sorted(str(p) for p in Path(folder).glob(pattern))
        assert paths, pattern
        # One after the other from each file, as they were written.
        data = tf.data.Dataset.from_tensor_slices(paths).interleave(
            lambda path: tf.data.TFRecordDataset(path, compression), cycle_length=len(paths), block_length=1)
        return [parse.FromString(bytes(record.numpy())) for record in data]

    for pattern, compression in (("examples.tfrecord", ""), ("examples.tfrecord.gz", "GZIP"),
                                 ("examples.tfrecord.zlib", "ZLIB"), ("shards.tfrecord-*", "")):
        assert read(pattern, compression, tf.train.Example) == [example(n) for n in range(7)], pattern
    assert read("sequences.tfrecord", "", tf.train.SequenceExample) == [sequence(n) for n in range(3)]
    print("TensorFlow reads the same in all files")


if len(sys.argv) == 3 and sys.argv[1] == "--check":
    check(sys.argv[2])
else:
    FOLDER.mkdir(parents=True, exist_ok=True)
    write(FOLDER / "examples.tfrecord", [example(n) for n in range(7)])
    write(FOLDER / "examples.tfrecord.gz", [example(n) for n in range(7)], "GZIP")
    write(FOLDER / "examples.tfrecord.zlib", [example(n) for n in range(7)], "ZLIB")
    write(FOLDER / "empty.tfrecord.zlib", [], "ZLIB")
    write(FOLDER / "sequences.tfrecord", [sequence(n) for n in range(3)])
