import MartletCore
import MartletFormats

extension TensorFlowCall {
    /// `tf.image`.
    static func images(_ table: inout [String: Maker]) {
        table["image.resize"] = { call in [try call.resized()] }
        table["image.resize_images"] = table["image.resize"]
        for name in ["bilinear", "nearest_neighbor"] {
            table["image.resize_\(name)"] = { [try $0.resizedInTheFirstWay(isLinear: name == "bilinear")] }
        }
        table["image.resize_with_pad"] = { call in
            let target = [try call.required("target_height", as: Int.self), try call.required("target_width", as: Int.self)]
            _ = call["antialias"]
            let method: JSONValue = try call.json("method") ?? "bilinear"
            let size = try call.imageSize()
            guard target.allSatisfy({ $0 > 0 }) else { throw MartletError("Expected a positive size. Received: \(target).") }
            let ratio = max(Double(size[0]) / Double(target[0]), Double(size[1]) / Double(target[1]))
            let inner = size.map { Int((Double($0) / ratio).rounded(.down)) }
            let before = zip(target, inner).map { max(0, $0 - $1) / 2 }
            let x = try call.interpolated(call.first, inner, method, antialias: false)
            return [try call.bordered(x, inner, target, before)]
        }
        table["image.resize_with_crop_or_pad"] = { call in
            let target = [try call.required("target_height", as: Int.self), try call.required("target_width", as: Int.self)]
            var (x, size) = (call.first, try call.imageSize())
            for axis in 0..<2 where size[axis] > target[axis] {
                let start = (size[axis] - target[axis]) / 2
                x = try call.part(x, try call.rank(x) - 3 + axis, start, start + target[axis])
                size[axis] = target[axis]
            }
            return [try call.bordered(x, size, target, zip(target, size).map { ($0 - $1) / 2 })]
        }
        table["image.resize_image_with_crop_or_pad"] = table["image.resize_with_crop_or_pad"]
        table["image.crop_to_bounding_box"] = { call in
            let start = [try call.required("offset_height", as: Int.self), try call.required("offset_width", as: Int.self)]
            let size = [try call.required("target_height", as: Int.self), try call.required("target_width", as: Int.self)]
            let rank = try call.rank(call.first)
            return [
                try (0..<2).reduce(call.first) { x, axis in
                    try call.part(
                        x, rank - 3 + axis, start[axis], GraphSize.checked(start[axis].addingReportingOverflow(size[axis])))
                }
            ]
        }
        table["image.pad_to_bounding_box"] = { call in
            let before = [try call.required("offset_height", as: Int.self), try call.required("offset_width", as: Int.self)]
            let target = [try call.required("target_height", as: Int.self), try call.required("target_width", as: Int.self)]
            return [try call.bordered(call.first, call.imageSize(), target, before)]
        }
        table["image.central_crop"] = { call in
            let share: Double = try call.required("central_fraction")
            guard share > 0, share <= 1 else {
                throw MartletError("Expected central_fraction within 0 and 1. Received: \(share).")
            }
            let rank = try call.rank(call.first)
            return [
                try call.imageSize().enumerated().reduce(call.first) { x, side in
                    let start = Int((Double(side.element) - Double(side.element) * share) / 2)
                    return try call.part(x, rank - 3 + side.offset, start, side.element - start)
                }
            ]
        }
        table["image.rgb_to_grayscale"] = { call in
            let type = call.type(call.first)
            guard !type.isFloatingPoint else { return [try call.op("RGBToGrayscale", call.first)] }
            // In numbers of 0...1, and back, rounded.
            let x = try call.mul(call.cast(call.first, .float32), .constant(.double(1.0 / 255)))
            let gray = try call.op("RGBToGrayscale", x)
            return [try call.converted(gray, to: type)]
        }
        table["image.grayscale_to_rgb"] = { [try $0.op("Repeat", $0.first, with: ["repeats": 3, "axis": -1])] }
        table["image.rgb_to_hsv"] = { [try $0.op("RGBToHSV", $0.first)] }
        table["image.hsv_to_rgb"] = { [try $0.op("HSVToRGB", $0.first)] }
        for (name, matrix) in colors {
            table["image.\(name)"] = {
                [
                    try $0.op(
                        "Tensordot", $0.first, .constant(.array(matrix.map { .array($0.map { .double($0) }) })),
                        with: ["axes": 1])
                ]
            }
        }
        table["image.adjust_brightness"] = { [try $0.add($0.fractions(), .constant($0.required("delta")))] }
        table["image.adjust_contrast"] = { call in
            let (x, factor): (GraphValue, JSONValue) = (try call.fractions(), try call.required("contrast_factor"))
            let rank = try call.rank(x)
            let mean = try call.reduce("Mean", x, [rank - 3, rank - 2], keepDims: true)
            return [try call.add(call.mul(call.sub(x, mean), .constant(factor)), mean)]
        }
        table["image.adjust_gamma"] = { call in
            let power: Double = try call.constant("gamma", 1)
            let gain: Double = try call.constant("gain", 1)
            return [try call.mul(call.op("Power", call.fractions(), .constant(.double(power))), .constant(.double(gain)))]
        }
        table["image.adjust_hue"] = { call in
            let delta: Double = try call.required("delta")
            return [
                try call.inHSV { parts in
                    [try call.op("Mod", call.add(parts[0], .constant(.double(delta + 1))), 1.0), parts[1], parts[2]]
                }
            ]
        }
        table["image.adjust_saturation"] = { call in
            let factor: Double = try call.required("saturation_factor")
            return [
                try call.inHSV { parts in
                    let more = try call.mul(parts[1], .constant(.double(factor)))
                    return [parts[0], try call.op("Clip", more, with: ["x_min": 0.0, "x_max": 1.0]), parts[2]]
                }
            ]
        }
        for (name, axis) in [("flip_left_right", -2), ("flip_up_down", -3)] {
            table["image.\(name)"] = { [try $0.op("Flip", $0.first, with: ["axis": .int(axis)])] }
        }
        table["image.rot90"] = { call in
            let rank = try call.rank(call.first)
            return [
                try call.op(
                    "Rot90", call.first, with: ["k": .int(call.constant("k", 1)), "axes": [.int(rank - 3), .int(rank - 2)]])
            ]
        }
        for name in ["transpose", "transpose_image"] {
            table["image.\(name)"] = { [try $0.op("Swapaxes", $0.first, with: ["axis1": -3, "axis2": -2])] }
        }
        table["image.per_image_standardization"] = { call in
            let x = try call.cast(call.first, .float32)
            let rank = try call.rank(x)
            let axes = Array(rank - 3..<rank)
            let count = try axes.map { try call.size(x, $0) }.reduce(1, *)
            let deviation = try call.reduce("Std", x, axes, keepDims: true)
            let least = GraphValue.constant(.double(1 / Double(max(1, count)).squareRoot()))
            return [
                try call.div(call.sub(x, call.reduce("Mean", x, axes, keepDims: true)), call.op("Maximum", deviation, least))
            ]
        }
        table["image.convert_image_dtype"] = { call in
            try call.expect(["saturate": false])
            return [try call.converted(call.first, to: DType(name: call.required("dtype")))]
        }
        table["image.extract_patches"] = { call in
            func pair(_ name: String) throws -> JSONValue {
                let numbers: [Int] = try call.required(name)
                guard numbers.count == 4 else { throw MartletError("Expected 4 numbers as \(name). Received: \(numbers).") }
                return [.int(numbers[1]), .int(numbers[2])]
            }
            let padding: String = try call.required("padding")
            return [
                try call.op(
                    "ExtractPatches", call.first,
                    with: [
                        "size": pair("sizes"), "strides": pair("strides"), "dilation_rate": pair("rates"),
                        "padding": .string(padding.lowercased()), "data_format": "channels_last",
                    ])
            ]
        }
        table["image.psnr"] = { call in
            let rank = try call.rank(call.first)
            let largest: Double = try call.required("max_val")
            let error = try call.reduce(
                "Mean", call.op("Square", call.sub(call.first, call.operand("b"))), [rank - 3, rank - 2, rank - 1])
            let decibels = try call.mul(call.op("Log", error), .constant(.double(-10 * 0.4342944819032518)))
            return [try call.add(decibels, .constant(.double(20 * 0.4342944819032518 * logarithm(largest))))]
        }
    }

    /// TensorFlow's matrices of color systems.
    private static let colors: [(String, [[Double]])] = [
        (
            "rgb_to_yuv",
            [[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512], [0.114, 0.43601035, -0.10001026]]
        ),
        ("yuv_to_rgb", [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]]),
        ("rgb_to_yiq", [[0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617], [0.114, -0.32134392, 0.31119955]]),
        ("yiq_to_rgb", [[1, 1, 1], [0.95598634, -0.27201283, -1.10674021], [0.6208248, -0.64720424, 1.70423049]]),
    ]

    /// Height and width.
    private func imageSize() throws -> [Int] {
        guard (3...4).contains(try rank(first)) else {
            throw MartletError("Expected images. Received: shape \(try shape(first)).")
        }
        let size = [try size(first, -3), try size(first, -2)]
        guard size.allSatisfy({ $0 > 0 }) else {
            throw MartletError("Expected images of at least one pixel. Received: \(size).")
        }
        return size
    }

    /// Images of floating-point numbers.
    private func fractions() throws -> GraphValue {
        guard type(first).isFloatingPoint else {
            throw MartletError("Expected images of floating-point numbers. Received: \(type(first)).")
        }
        return first
    }

    private func inHSV(_ change: ([GraphValue]) throws -> [GraphValue]) throws -> GraphValue {
        let parts = try graph.node("Split", [op("RGBToHSV", fractions())], ["indices_or_sections": 3, "axis": -1]).outputs
        return try op("HSVToRGB", op("Concatenate", .list(change(parts.map { .tensor($0) })), with: ["axis": -1]))
    }

    /// Numbers of another type, whose range is that of the values: 0...1 of floating-point ones.
    private func converted(_ x: GraphValue, to type: DType) throws -> GraphValue {
        let own = self.type(x)
        func largest(_ type: DType) throws -> Double {
            switch type {
            case .uint8: return 255
            case .int32: return Double(Int32.max)
            case .float16, .bfloat16, .float32, .float64: return 1
            default: throw MartletError("Expected images of bytes or floating-point numbers. Received: \(type).")
            }
        }
        if own == type { return x }
        let (from, to) = (try largest(own), try largest(type))
        if type.isFloatingPoint {
            let y = try cast(x, type)
            return own.isFloatingPoint ? y : try mul(y, .constant(.double(1 / from)))
        }
        guard own.isFloatingPoint else {
            throw MartletError("Expected floating-point numbers to make \(type) of. Received: \(own).")
        }
        return try op("SaturateCast", mul(x, .constant(.double(to + 0.5))), with: ["dtype": .string(type.name)])
    }

    /// Zeros around images.
    private func bordered(_ x: GraphValue, _ size: [Int], _ target: [Int], _ before: [Int]) throws -> GraphValue {
        let sides = (0..<2).map { [before[$0], target[$0] - size[$0] - before[$0]] }
        guard sides.joined().allSatisfy({ (0..<1 << 31).contains($0) }) else {
            throw MartletError("Expected a size of at least \(size). Received: \(target).")
        }
        let isSingle = try rank(x) == 3
        return try pad(x, (isSingle ? [] : [[0, 0]]) + sides + [[0, 0]])
    }

    // MARK: - New sizes

    private func resized() throws -> GraphValue {
        var sizes = try sizes(operand("size"), "size")
        let method = try json("method") ?? "bilinear"
        let antialias: Bool = try constant("antialias", false)
        try expect(["align_corners": false])
        guard sizes.count == 2 else { throw MartletError("Expected a height and a width. Received: \(sizes.count) numbers.") }
        if try constant("preserve_aspect_ratio", false) {
            let size = try imageSize()
            let target = try sizes.map { size -> Double in
                guard let known = size.known else { throw MartletError("Expected a known height and width.") }
                return Double(known)
            }
            let ratio = min(target[0] / Double(size[0]), target[1] / Double(size[1]))
            sizes = size.map { .known(max(1, Int((Double($0) * ratio).rounded(.toNearestOrEven)))) }
        }
        let known = sizes.compactMap(\.known)
        if known.count == 2 { return try interpolated(first, known, method, antialias: antialias) }
        // A whole multiple of the images' own size is what a layer makes.
        let rank = try rank(first)
        let factors = try sizes.enumerated().map { side, size -> Int in
            if case .axis(_, side + 1, let times, plus: 0) = size, times > 0, rank == 4 { return times }
            throw MartletError(
                "Expected a known size, or a multiple of the images' own. Received: another one that follows from data.")
        }
        guard method == "bilinear" || method == "nearest", !antialias else {
            throw MartletError(
                "Expected the method \"bilinear\" or \"nearest\" for sizes of data. Received: \(method.serialized())."
            )
        }
        let x = try method == "nearest" ? first : floating(first)
        let config: JSONObject = [
            "size": .array(factors.map { .int($0) }), "interpolation": method, "data_format": "channels_last",
        ]
        return .tensor(try graph.layer("UpSampling2D", config, graph.tensor(x)).output(0))
    }

    private func floating(_ x: GraphValue) throws -> GraphValue { type(x).isFloatingPoint ? x : try cast(x, .float32) }

    private func interpolated(_ x: GraphValue, _ size: [Int], _ method: JSONValue, antialias: Bool) throws -> GraphValue {
        guard method != "area" else { return try means(floating(x), size) }
        // Keras 3 keeps integers, TensorFlow does where it takes the nearest ones.
        let y = try method == "nearest" ? x : floating(x)
        return try op(
            "Resize", y,
            with: [
                "size": .array(size.map { .int($0) }), "interpolation": method, "antialias": .bool(antialias),
                "data_format": "channels_last",
            ])
    }

    /// The means of the parts of images that become one pixel.
    private func means(_ x: GraphValue, _ size: [Int]) throws -> GraphValue {
        let (rank, own) = (try rank(x), try imageSize())
        try checkMatrices(size, own)
        return try (0..<2).reduce(x) { x, side in
            let scale = Double(own[side]) / Double(max(1, size[side]))
            let weights = (0..<size[side]).map { place -> [Double] in
                let (from, to) = (Double(place) * scale, Double(place + 1) * scale)
                return (0..<own[side]).map { max(0, min(to, Double($0 + 1)) - max(from, Double($0))) / scale }
            }
            return try along(rank - 3 + side, x, weights)
        }
    }

    /// Limits the matrices by which images get another size.
    private func checkMatrices(_ size: [Int], _ own: [Int]) throws {
        guard zip(size, own).allSatisfy({ $0 > 0 && $0 < 1 << 14 && $1 < 1 << 14 && $0 * $1 <= 1 << 22 }) else {
            throw MartletError("Expected smaller images, and a positive size. Received: \(own), to be \(size).")
        }
    }

    /// As TensorFlow 1 resized: places count from the corner of the first pixel, unless it is said otherwise.
    private func resizedInTheFirstWay(isLinear: Bool) throws -> GraphValue {
        let (aligned, centered) = (try constant("align_corners", false), try constant("half_pixel_centers", false))
        let target = try sizes(operand("size"), "size").compactMap(\.known)
        let own = try imageSize()
        guard target.count == 2, target.allSatisfy({ (1..<1 << 14).contains($0) }) else {
            throw MartletError("Expected a known height and width. Received: \(target).")
        }
        try checkMatrices(target, own)
        if centered { return try interpolated(first, target, isLinear ? "bilinear" : "nearest", antialias: false) }
        let rank = try rank(first)
        let x = isLinear ? try floating(first) : first
        return try (0..<2).reduce(x) { x, side in
            let (count, size) = (target[side], own[side])
            let scale = aligned && count > 1 ? Double(size - 1) / Double(count - 1) : Double(size) / Double(count)
            let places = (0..<count).map { Double($0) * scale }
            if !isLinear {
                let nearest = places.map { min(size - 1, Int(aligned ? ($0 + 0.5).rounded(.down) : $0.rounded(.down))) }
                return try take(x, .ints(nearest), rank - 3 + side)
            }
            return try along(
                rank - 3 + side, x,
                places.map { place in
                    let low = min(size - 1, Int(place))
                    let (high, share) = (min(size - 1, low + 1), place - Double(low))
                    return (0..<size).map { ($0 == low ? 1 - share : 0) + ($0 == high ? share : 0) }
                })
        }
    }
}

/// The natural logarithm.
private func logarithm(_ x: Double) -> Double { Tensor(x, dtype: .float64).log().item() }
