import Foundation
import Martlet
import MartletFormats
import TestSupport
import Testing

@Suite(.ownSession) struct WeightsFileTests {
    private func model(_ units: Int = 3) -> Sequential {
        Sequential([InputLayer([4]), Dense(units), BatchNormalization(), Dense(units), Dense(2, name: "head")])
    }

    @Test func aModelOfTheSameCodeFindsItsWeightsAgain() throws {
        try withFolder { folder in
            let (first, second) = (model(), model())
            try first.saveWeights(to: folder + "/w.safetensors")
            #expect(first.weightsSHA256 != second.weightsSHA256)
            try second.loadWeights(from: folder + "/w.safetensors")
            #expect(first.weightsSHA256 == second.weightsSHA256)
            let x = Tensor.linearSpace(from: -1, to: 1, count: 8).reshaped(2, 4)
            #expect(first(x).scalars(as: Float.self) == second(x).scalars(as: Float.self))
            #expect(try Set(Safetensors.read(folder + "/w.safetensors").tensors.map(\.name)) == [
                "dense/kernel", "dense/bias", "batch_normalization/gamma", "batch_normalization/beta",
                "batch_normalization/moving_mean", "batch_normalization/moving_variance", "dense_1/kernel",
                "dense_1/bias", "head/kernel", "head/bias",
            ])
        }
    }

    @Test func whatDoesNotFitChangesNothing() throws {
        try withFolder { folder in
            let target = model()
            let digest = target.weightsSHA256
            func refused(_ words: String, _ tensors: [(name: String, tensor: Tensor)]) throws {
                try Safetensors(tensors).write(to: folder + "/w.safetensors")
                let error = #expect(throws: MartletError.self) { try target.loadWeights(from: folder + "/w.safetensors") }
                #expect(error?.message.contains(words) == true && error?.location == folder + "/w.safetensors", "\(error!)")
                #expect(target.weightsSHA256 == digest)
            }
            try model(5).saveWeights(to: folder + "/w.safetensors")
            let wider = try Safetensors.read(folder + "/w.safetensors").tensors
            try refused("(4, 3)", wider)
            try target.saveWeights(to: folder + "/w.safetensors")
            let own = try Safetensors.read(folder + "/w.safetensors").tensors.map { ($0.name, $0.tensor + 1.0) }
            try refused("lacks \"head/kernel\"", own.filter { $0.0 != "head/kernel" })
            try refused("also holds \"more\"", own + [("more", Tensor(1.0))])
            try refused("float64", own.map { ($0.0, $0.0 == "head/bias" ? $0.1.cast(to: .float64) : $0.1) })
            try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder + "/w.safetensors"))
            #expect(throws: MartletError.self) { try target.loadWeights(from: folder + "/w.safetensors") }
            #expect(throws: MartletError.self) { try target.setWeights([]) }
            #expect(throws: MartletError.self) { try Sequential([Dense(1)]).saveWeights(to: folder + "/w.safetensors") }
            #expect(throws: MartletError.self) { try target.saveWeights(to: folder + "/none/w.safetensors") }
            #expect(target.weightsSHA256 == digest)
        }
    }

    @Test func digestOfTheBytesInOrder() throws {
        let layer = Dense(2)
        try layer.ensureBuilt(for: [[nil, 1]])
        try layer.setWeights([Tensor([1, 2] as [Float], shape: [1, 2]), Tensor([3, 4] as [Float], shape: [2])])
        // hashlib.sha256(struct.pack('<4f', 1, 2, 3, 4)).hexdigest()
        #expect(layer.weightsSHA256 == "ad73b9acd6e4a74b2f5bb5386658ce3bb146cd040a1867646ab3b973fb6632b1")
    }
}
