// Forms in which Keras writes things: the compiler answers with Martlet's. The names are in OtherNames.swift.

import MartletCore

extension Datasets {
    @available(*, unavailable, message: "let data = try Datasets.mnist(): data.train.x, data.train.y, data.test.x, ...")
    @_disfavoredOverload
    public static func mnist() throws -> ((Tensor, Tensor), (Tensor, Tensor)) { fatalError() }
    @available(*, unavailable, message: "let data = try Datasets.fashionMNIST(): data.train.x, data.train.y, data.test.x, ...")
    @_disfavoredOverload
    public static func fashionMNIST() throws -> ((Tensor, Tensor), (Tensor, Tensor)) { fatalError() }
    @available(*, unavailable, message: "let data = Datasets.digits(): data.train.x, data.train.y, data.test.x, ...")
    @_disfavoredOverload
    public static func digits() -> ((Tensor, Tensor), (Tensor, Tensor)) { fatalError() }
}
