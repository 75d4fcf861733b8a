#!/usr/bin/env bash
# Proves that the package works as a dependency: a client that names it by path, imports Martlet and trains a model, built by
# a plain `swift build` in debug and in release.
set -euo pipefail
package=$(cd "$(dirname "$0")/.." && pwd)
. "$package/scripts/setup.sh"
client=$package/.build-client
mkdir -p "$client/Sources/Client"

cat >"$client/Package.swift" <<EOF
// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "client",
    dependencies: [.package(name: "martlet", path: "$package")],
    targets: [
        .executableTarget(name: "Client", dependencies: [.product(name: "Martlet", package: "martlet")])
    ])
EOF
cat >"$client/Sources/Client/main.swift" <<'EOF'
import Martlet

setRandomSeed(0)
let x = Tensor.randomNormal([128, 4])
let y = (x.sum(axis: 1, keepDims: true) .> 0).cast(to: .float32)
let model = Sequential([Dense(8, activation: .relu), Dense(1, activation: .sigmoid)])
try model.compile(optimizer: "adam", loss: "binary_crossentropy", metrics: [.accuracy])
let history = try model.fit(x, y, epochs: 20, verbosity: .silent)
guard history["loss"].last! < history["loss"].first! else { fatalError("the loss did not fall") }
print("client: loss \(history["loss"].first!) -> \(history["loss"].last!)")
EOF
for configuration in debug release; do
  swift build --package-path "$client" -c "$configuration"
  "$client/.build/$configuration/Client"
done
