import Martlet
import MartletCore

/// A model that runs the graph of a file.
package protocol FileModel: Model {
    /// The inputs that the file declares, in the order of `call`.
    var fileInputs: [(name: String, shape: PartialShape, dtype: DType)] { get }
    /// The outputs that the file declares, with a shape where it says one.
    var fileOutputs: [(name: String, shape: PartialShape?, dtype: DType)] { get }
    /// The names of the outputs.
    var graphOutputs: [String] { get }
}

extension PartialShape {
    /// Whether every size that both know is equal.
    func fits(_ other: PartialShape) -> Bool {
        rank == other.rank && zip(dimensions, other.dimensions).allSatisfy { $0 == nil || $1 == nil || $0 == $1 }
    }
}
