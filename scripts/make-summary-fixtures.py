"""Writes Keras's model summaries, with which ours are compared: make-summary-fixtures.py FOLDER"""
import os
import sys

os.environ["COLUMNS"] = "200"  # rich cuts lines at the terminal's width

import keras
import numpy as np
from keras import layers


def write(name, model, width):
    lines = []
    model.summary(line_length=width, print_fn=lines.append)
    with open(os.path.join(sys.argv[1], f"summary-{name}-{width}.txt"), "w") as file:
        file.write("\n".join(lines).strip("\n") + "\n")


cnn = keras.Sequential([
    keras.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
    layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten(),
    layers.Dense(128, activation="relu"), layers.Dropout(0.5), layers.Dense(10, activation="softmax"),
])
write("cnn", cnn, 88)
cnn.compile("adam", "sparse_categorical_crossentropy")
cnn.train_on_batch(np.zeros((2, 28, 28, 1)), np.zeros(2))
write("cnn-trained", cnn, 88)

x, z = keras.Input((4,), name="x"), keras.Input((4,), name="z")
shared = layers.Dense(3, name="shared")
y = layers.BatchNormalization(name="norm")(layers.Add(name="sum")([shared(x), shared(z)]))
y = layers.Dense(1, name="a_rather_long_layer_name_for_this")(y)
write("two-inputs", keras.Model([x, z], y, name="two"), 108)
keras.utils.clear_session()
write("unbuilt", keras.Sequential([layers.Dense(3), layers.Dense(1)], name="unb"), 88)
