extension OpRegistry {
    static let layout: [any Op.Type] = [
        Broadcast.self, Concatenate.self, OneHot.self, Pad.self, Reshape.self, Slice.self, SliceScatter.self,
        Split.self,
        StopGradient.self, Transpose.self, Triangle.self,
    ]
}
