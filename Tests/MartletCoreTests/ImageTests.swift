import MartletCore
import TestSupport
import Testing

/// Images read between their pixels, and colours: exact geometry. Keras's numbers are in the tests of its layers.
@Suite(.ownSession) struct ImageTests {
    static let image = Tensor((1...6).map(Double.init), shape: [1, 2, 3, 1])
    static let identity: [Double] = [1, 0, 0, 0, 1, 0, 0, 0]

    private func transformed(
        _ numbers: [Double], _ mode: FillMode = .constant, _ interpolation: Interpolation = .bilinear
    ) -> [Double] {
        affineTransform(
            Self.image, Tensor(numbers), interpolation: interpolation, fillMode: mode, fillValue: 9
        ).scalars()
    }

    @Test func turnsAndShifts() {
        #expect(transformed(Self.identity) == [1, 2, 3, 4, 5, 6])
        // Half a turn round the middle.
        #expect(transformed([-1, 0, 2, 0, -1, 1, 0, 0]) == [6, 5, 4, 3, 2, 1])
        let shift: [Double] = [1, 0, 1, 0, 1, 0, 0, 0]
        #expect(transformed(shift) == [2, 3, 9, 5, 6, 9])
        #expect(transformed(shift, .nearest) == [2, 3, 3, 5, 6, 6])
        #expect(transformed(shift, .reflect) == [2, 3, 3, 5, 6, 6])
        #expect(transformed([1, 0, 2, 0, 1, 0, 0, 0], .reflect) == [3, 3, 2, 6, 6, 5])
        #expect(transformed([1, 0, 0.5, 0, 1, 0, 0, 0]) == [1.5, 2.5, 6, 4.5, 5.5, 7.5])
        #expect(transformed([1, 0, 0.4, 0, 1, 0, 0, 0], .constant, .nearest) == [1, 2, 3, 4, 5, 6])
        // At a depth of 0 there is nothing.
        #expect(transformed([1, 0, 0, 0, 1, 0, -1, 0])[1] == 9)
    }

    @Test func corners() {
        let square = SampleInput.uniform([2, 4, 4, 3])
        let corners = Tensor([0.0, 0, 3, 0, 0, 3, 3, 3], shape: [4, 2])
        #expect(perspectiveTransform(square, from: corners, to: corners).allClose(to: square, absoluteTolerance: 1e-12))
        // Left and right corners change places.
        let mirrored = Tensor([3.0, 0, 0, 0, 3, 3, 0, 3], shape: [4, 2])
        #expect(
            perspectiveTransform(square, from: corners, to: mirrored)
                .allClose(to: square.reversed(axes: [2]), absoluteTolerance: 1e-9))
    }

    @Test func placesOfPixels() {
        let places = Tensor([0.0, 0, 1, 2, 0.5, 1, -1, 0, .nan, 0], shape: [1, 1, 5, 2])
        let found = mapCoordinates(Self.image, places, fillValue: 9).scalars(as: Double.self)
        #expect(found == [1, 6, 3.5, 9, 9])
        let wrapped = mapCoordinates(Self.image, places, fillMode: .wrap).scalars(as: Double.self)
        #expect(Array(wrapped[..<4]) == [1, 6, 3.5, 4])
    }

    @Test func coloursComeBack() {
        let colours = SampleInput.uniform([50, 3], in: 0...1)
        #expect(hsvToRGB(rgbToHSV(colours)).allClose(to: colours, absoluteTolerance: 1e-12))
        let red = rgbToHSV(Tensor([1.0, 0, 0, 0, 1, 0, 0, 0, 1, 0.5, 0.5, 0.5], shape: [4, 3])).scalars(as: Double.self)
        #expect(zip(red, [0, 1, 1, 1.0 / 3, 1, 1, 2.0 / 3, 1, 1, 0, 0, 0.5]).allSatisfy { abs($0 - $1) < 1e-15 })
        #expect(rgbToGrayscale(Tensor([10, 20, 30])).scalars(as: Int.self) == [18])
    }

    /// A blur keeps what is even, away from the edge.
    @Test func blurs() {
        let blurred = gaussianBlur(Tensor.ones([1, 5, 5, 2], dtype: .float64), kernelSize: [3, 3], sigma: Tensor([1.0, 2.0]))
        #expect(abs(blurred[0, 2, 2, 1].item() - 1) < 1e-12 && blurred[0, 0, 2, 0].item() < 1)
    }
}
