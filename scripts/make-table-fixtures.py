#!/usr/bin/env python3
"""Writes Tests/CommandLineTests/Fixtures/tables: a model by real Keras whose inputs are columns of text and numbers, a CSV file,
and what Keras makes of both: predictions, the loss, and the loss after two epochs of training.

Needs Keras with TensorFlow.
"""
import csv
import json
import os
from pathlib import Path

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "KERAS_BACKEND": "tensorflow"}
import keras
import numpy as np
import tensorflow as tf
from keras import layers

FOLDER = Path(__file__).parent.parent / "Tests/CommandLineTests/Fixtures/tables"
KINDS = ["fig", "pear", "łódź", "plum"]
NOTES = ["The cat sat.", "a dog, a big dog!", "said \"no\"", "cat and dog", "rain", "ünï code"]

random = np.random.RandomState(1)
# The order is not that of the inputs, codes have zeros in front, and the numbers are past those of 32 bits.
rows = [{"y": round(float(random.rand()), 3), "size": round(float(random.rand() * 9), 2), "zip": f"{random.randint(0, 99):05d}",
         "note": NOTES[random.randint(6)], "unused": "n" * random.randint(1, 4), "kind": KINDS[random.randint(4)],
         "id": int(random.choice([16777217, 16777216, 5, 9007199254740993]))} for _ in range(24)]

FOLDER.mkdir(parents=True, exist_ok=True)
with open(FOLDER / "mixed.csv", "w", newline="") as file:
    writer = csv.DictWriter(file, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)

keras.utils.set_random_seed(3)
kind, note, zipcode = (keras.Input((1,), dtype="string", name=name) for name in ("kind", "note", "zip"))
size, number = keras.Input((1,), name="size"), keras.Input((1,), dtype="int64", name="id")
lookup = layers.StringLookup(vocabulary=["pear", "łódź", "fig"], output_mode="one_hot")
words = layers.TextVectorization(max_tokens=20, output_sequence_length=5)
words.adapt(NOTES)
numbers = layers.IntegerLookup(vocabulary=[16777216, 16777217, 9007199254740993], output_mode="one_hot")
x = layers.Concatenate()([
    lookup(kind), layers.GlobalAveragePooling1D()(layers.Embedding(20, 4)(words(note))),
    layers.Flatten()(layers.Embedding(7, 3)(layers.Hashing(7)(zipcode))), numbers(number), layers.Rescaling(0.25)(size)])
model = keras.Model([kind, note, zipcode, size, number], layers.Dense(1)(layers.Dense(6, activation="tanh")(x)))
model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
model.save(FOLDER / "mixed.keras")

types = {"kind": str, "note": str, "zip": str, "size": np.float32, "id": np.int64}
inputs = {name: tf.constant(np.array([[row[name]] for row in rows], object if kind is str else kind))
          if kind is not str else tf.constant([[row[name]] for row in rows]) for name, kind in types.items()}
y = np.array([[row["y"]] for row in rows], np.float32)
np.save(FOLDER / "predictions.npy", model.predict(inputs, verbose=0))
figures = {"loss": model.evaluate(inputs, y, batch_size=8, verbose=0)}
history = model.fit(inputs, y, batch_size=8, epochs=2, shuffle=False, verbose=0).history
figures["trained"] = history["loss"]
(FOLDER / "figures.json").write_text(json.dumps(figures) + "\n")
print(figures)
