#!/usr/bin/env bash
# Proves that the package works as a dependency, built by a plain `swift build` in debug and in release: a client that
# names it by path and trains a model, the same model in a dynamic library that a program is linked to, and in one that a
# program loads while it runs. All three print the same losses, bit for bit. A further program of the client is made of the
# Swift blocks of the documents: all must compile, and run (document-programs.py has the marks of those that do not). What
# users of other libraries write must compile (client/Spellings.swift, client/Expressions.swift), or the compiler must say
# the right name (client/Misspelled.swift, and all names of other-names.py).
set -euo pipefail
package=$(cd "$(dirname "$0")/.." && pwd)
. "$package/scripts/setup.sh"
client=$package/.build-client
python3 "$package/scripts/variables.py" check
python3 "$package/scripts/other-names.py" check
mkdir -p "$client"/Sources/{Client,Linked,Loader,Documents,Spellings,Misspelled} "$client/Model/Sources/Model"

cat >"$client/Model/Package.swift" <<EOF
// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "model",
    products: [
        .library(name: "Model", targets: ["Model"]),
        .library(name: "DynamicModel", type: .dynamic, targets: ["Model"]),
    ],
    dependencies: [.package(name: "martlet", path: "$package")],
    targets: [.target(name: "Model", dependencies: [.product(name: "Martlet", package: "martlet")])])
EOF
cat >"$client/Model/Sources/Model/Model.swift" <<'EOF'
import Martlet

/// Trains a small model of many kinds of layers, and prints the losses and their bits. Plugins are called by this name.
@_cdecl("trainModel") public func trainModel() {
    do {
        setRandomSeed(0)
        let x = Tensor.randomNormal([128, 8, 8, 2])
        let y = (x.sum(axes: [1, 2, 3]).reshaped(to: [128, 1]) .> 0).cast(to: .float32)
        let model = Sequential([
            Conv2D(16, kernelSize: 3, padding: .same, activation: .relu), BatchNormalization(), MaxPooling2D(),
            Conv2D(16, kernelSize: 3, padding: .same, activation: .relu), Reshape([16, 16]), LSTM(8),
            LayerNormalization(), Dense(1, activation: .sigmoid),
        ])
        try model.compile(optimizer: "adam", loss: "binary_crossentropy", metrics: [.accuracy])
        let losses = try model.fit(x, y, epochs: 12, verbosity: .silent)["loss"]
        guard losses.last! < losses.first! else { fatalError("the loss did not fall") }
        print("client: loss \(losses.first!) -> \(losses.last!), bits \(losses.map { String($0.bitPattern, radix: 16) })")
    } catch {
        fatalError("\(error)")
    }
}
EOF
cat >"$client/Package.swift" <<EOF
// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "client",
    dependencies: [.package(path: "Model"), .package(name: "martlet", path: "$package")],
    targets: [
        .executableTarget(name: "Client", dependencies: [.product(name: "Model", package: "Model")]),
        .executableTarget(name: "Linked", dependencies: [.product(name: "DynamicModel", package: "Model")]),
        .executableTarget(name: "Loader"),
        .executableTarget(name: "Documents", dependencies: [
            .product(name: "Martlet", package: "martlet"), .product(name: "MartletImages", package: "martlet"),
            .product(name: "MartletApplications", package: "martlet"),
            .product(name: "MartletExport", package: "martlet"),
            .product(name: "MartletTuner", package: "martlet"),
            .product(name: "MartletDistributed", package: "martlet"),
        ]),
        .target(name: "Spellings", dependencies: [
            .product(name: "Martlet", package: "martlet"), .product(name: "MartletExport", package: "martlet"),
        ]),
    ] + (Context.environment["MISSPELLED"] == nil ? [] : [
        .target(name: "Misspelled", dependencies: [
            .product(name: "Martlet", package: "martlet"), .product(name: "MartletApplications", package: "martlet"),
            .product(name: "MartletTuner", package: "martlet"),
        ]),
    ]))
EOF
for program in Client Linked; do
  printf 'import Model\n\ntrainModel()\n' >"$client/Sources/$program/main.swift"
done
cat >"$client/Sources/Loader/main.swift" <<'EOF'
import Glibc

guard let library = dlopen(CommandLine.arguments[1], RTLD_NOW) else { fatalError(String(cString: dlerror())) }
guard let function = dlsym(library, "trainModel") else { fatalError(String(cString: dlerror())) }
unsafeBitCast(function, to: (@convention(c) () -> Void).self)()
EOF

python3 "$package/scripts/spellings.py" program >"$client/Sources/Spellings/KerasNames.swift"
for file in Spellings Misspelled; do cp "$package/scripts/client/$file.swift" "$client/Sources/$file/"; done
cp "$package/scripts/client/Expressions.swift" "$client/Sources/Spellings/"
python3 "$package/scripts/other-names.py" program >"$client/Sources/Misspelled/OtherNames.swift"
python3 "$package/scripts/document-programs.py" "$package" >"$client/Sources/Documents/main.swift"

for configuration in debug release; do
  swift build --package-path "$client" -c "$configuration"
  products=$client/.build/$configuration
  expected=$("$products/Client")
  echo "$expected"
  for command in "$products/Linked" "$products/Loader $products/libDynamicModel.so"; do
    received=$($command)
    [ "$received" = "$expected" ] || { echo "As a dynamic library: $received" >&2; exit 1; }
  done
done

misspelled=("$client"/Sources/Misspelled/{Misspelled,OtherNames}.swift)
{ MISSPELLED=1 swift build --package-path "$client" --target Misspelled 2>&1 || true; } |
  python3 "$package/scripts/other-names.py" errors "${misspelled[@]}"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && "$client/.build/release/Documents" >output 2>places) || { tail -n 20 "$folder/places" >&2; exit 1; }
echo "the documents' Swift blocks: $(grep -c '^[^ ]*\.md:' "$folder/places") run"
