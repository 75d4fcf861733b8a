import MartletCore
import MartletFormats

/// How a function of TensorFlow, which a functional graph of Keras 2 may call, is called as one of Keras 3's operations.
struct TensorFlowFunction {
    /// The class of the operation in Keras 3.
    let name: String
    /// TensorFlow's parameters that are tensors, in the operation's order. A call gives the first one without its name.
    let operands: [String]
    /// Whether the first parameter is a list of tensors.
    var takesList = false
    /// TensorFlow's other parameters.
    var attributes: [Attribute] = []
    /// Parameters that the operation does not have, with the value that it stands for.
    var neutral: JSONObject = [:]

    struct Attribute {
        /// TensorFlow's name.
        let name: String
        /// Keras's name.
        let key: String
        /// TensorFlow's default; nil where there is none.
        let fallback: JSONValue?

        init(_ name: String, _ key: String? = nil, _ fallback: JSONValue? = nil) {
            (self.name, self.key, self.fallback) = (name, key ?? name, fallback)
        }
    }

    /// The function of this name, that of TensorFlow 1 too.
    static func named(_ name: String) -> TensorFlowFunction? {
        table[name.hasPrefix("compat.v1.") ? String(name.dropFirst(10)) : name]
    }

    static let table: [String: TensorFlowFunction] = {
        var table: [String: TensorFlowFunction] = [:]
        func add(_ names: String..., as function: TensorFlowFunction) {
            for name in names { table[name] = function }
        }
        for (name, functions) in unary {
            for function in functions { table[function] = TensorFlowFunction(name: name, operands: ["x"]) }
        }
        for (name, functions) in binary {
            for function in functions { table[function] = TensorFlowFunction(name: name, operands: ["x", "y"]) }
        }
        for (name, function) in reductions {
            add(
                "math.\(function)",
                as: TensorFlowFunction(
                    name: name, operands: ["input_tensor"],
                    attributes: [Attribute("axis", nil, .null), Attribute("keepdims", nil, false)]))
        }
        for (name, function) in [("Argmax", "argmax"), ("Argmin", "argmin")] {
            // Keras 3 counts in 32 bits.
            add(
                "math.\(function)",
                as: TensorFlowFunction(
                    name: name, operands: ["input"], attributes: [Attribute("axis", nil, 0)],
                    neutral: ["output_type": "int64"]))
        }
        for (name, function) in [("Cumsum", "cumsum"), ("Cumprod", "cumprod")] {
            add(
                "math.\(function)",
                as: TensorFlowFunction(
                    name: name, operands: ["x"], attributes: [Attribute("axis", nil, 0)],
                    neutral: ["exclusive": false, "reverse": false]))
        }
        for (name, function) in [("Softmax", "softmax"), ("LogSoftmax", "log_softmax")] {
            add(
                "nn.\(function)",
                as: TensorFlowFunction(name: name, operands: ["logits"], attributes: [Attribute("axis", nil, -1)]))
        }
        add(
            "nn.leaky_relu",
            as: TensorFlowFunction(
                name: "LeakyRelu", operands: ["features"], attributes: [Attribute("alpha", "negative_slope", 0.2)]))
        add(
            "nn.gelu",
            as: TensorFlowFunction(name: "Gelu", operands: ["features"], attributes: [Attribute("approximate", nil, false)]))
        add(
            "math.l2_normalize",
            as: TensorFlowFunction(
                name: "Normalize", operands: ["x"], attributes: [Attribute("axis")], neutral: ["epsilon": 1e-12]))
        add(
            "math.top_k", "nn.top_k",
            as: TensorFlowFunction(
                name: "TopK", operands: ["input"], attributes: [Attribute("k", nil, 1), Attribute("sorted", nil, true)]))
        add("nn.bias_add", as: TensorFlowFunction(name: "Add", operands: ["value", "bias"], neutral: ["data_format": "NHWC"]))
        add("where", as: TensorFlowFunction(name: "Where", operands: ["condition", "x", "y"]))
        add(
            "clip_by_value",
            as: TensorFlowFunction(
                name: "Clip", operands: ["t"],
                attributes: [Attribute("clip_value_min", "x_min"), Attribute("clip_value_max", "x_max")]))
        add("cast", as: TensorFlowFunction(name: "Cast", operands: ["x"], attributes: [Attribute("dtype")]))
        add(
            "linalg.matmul",
            as: TensorFlowFunction(
                name: "Matmul", operands: ["a", "b"],
                attributes: [Attribute("transpose_a", nil, false), Attribute("transpose_b", nil, false)],
                neutral: ["adjoint_a": false, "adjoint_b": false, "a_is_sparse": false, "b_is_sparse": false]))
        add("tensordot", as: TensorFlowFunction(name: "Tensordot", operands: ["a", "b"], attributes: [Attribute("axes")]))
        add(
            "concat",
            as: TensorFlowFunction(name: "Concatenate", operands: ["values"], takesList: true, attributes: [Attribute("axis")]))
        add(
            "stack",
            as: TensorFlowFunction(
                name: "Stack", operands: ["values"], takesList: true, attributes: [Attribute("axis", nil, 0)]))
        add("math.add_n", as: TensorFlowFunction(name: "Add", operands: ["inputs"], takesList: true))
        add(
            "unstack",
            as: TensorFlowFunction(
                name: "Unstack", operands: ["value"],
                attributes: [Attribute("num", nil, .null), Attribute("axis", nil, 0)]))
        add(
            "split",
            as: TensorFlowFunction(
                name: "Split", operands: ["value"],
                attributes: [Attribute("num_or_size_splits", "indices_or_sections"), Attribute("axis", nil, 0)]))
        add("reshape", as: TensorFlowFunction(name: "Reshape", operands: ["tensor"], attributes: [Attribute("shape", "newshape")]))
        add("expand_dims", as: TensorFlowFunction(name: "ExpandDims", operands: ["input"], attributes: [Attribute("axis")]))
        add(
            "squeeze",
            as: TensorFlowFunction(name: "Squeeze", operands: ["input"], attributes: [Attribute("axis", nil, .null)]))
        add(
            "transpose",
            as: TensorFlowFunction(
                name: "Transpose", operands: ["a"], attributes: [Attribute("perm", "axes", .null)],
                neutral: ["conjugate": false]))
        add("tile", as: TensorFlowFunction(name: "Tile", operands: ["input"], attributes: [Attribute("multiples", "repeats")]))
        add(
            "repeat",
            as: TensorFlowFunction(name: "Repeat", operands: ["input"], attributes: [Attribute("repeats"), Attribute("axis")]))
        add(
            "roll",
            as: TensorFlowFunction(name: "Roll", operands: ["input"], attributes: [Attribute("shift"), Attribute("axis")]))
        add("reverse", as: TensorFlowFunction(name: "Flip", operands: ["tensor"], attributes: [Attribute("axis")]))
        add(
            "pad",
            as: TensorFlowFunction(
                name: "Pad", operands: ["tensor"],
                attributes: [
                    Attribute("paddings", "pad_width"), Attribute("mode", nil, "CONSTANT"), Attribute("constant_values", nil, 0),
                ]))
        add(
            "gather",
            as: TensorFlowFunction(
                name: "Take", operands: ["params", "indices"], attributes: [Attribute("axis", nil, 0)],
                neutral: ["batch_dims": 0]))
        add(
            "one_hot",
            as: TensorFlowFunction(
                name: "OneHot", operands: ["indices"],
                attributes: [Attribute("depth", "num_classes"), Attribute("axis", nil, -1), Attribute("dtype", nil, .null)],
                neutral: ["on_value": 1, "off_value": 0]))
        add(
            "slice",
            as: TensorFlowFunction(name: "GetItem", operands: ["input_"], attributes: [Attribute("begin"), Attribute("size")]))
        add(
            "strided_slice",
            as: TensorFlowFunction(
                name: "GetItem", operands: ["input_"],
                attributes: [Attribute("begin"), Attribute("end"), Attribute("strides", nil, .null)],
                neutral: ["begin_mask": 0, "end_mask": 0, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 0]))
        add(
            "__operators__.getitem",
            as: TensorFlowFunction(name: "GetItem", operands: ["tensor"], attributes: [Attribute("slice_spec")]))
        add(
            "image.resize",
            as: TensorFlowFunction(
                name: "Resize", operands: ["images"],
                attributes: [
                    Attribute("size"), Attribute("method", "interpolation", "bilinear"), Attribute("antialias", nil, false),
                ], neutral: ["preserve_aspect_ratio": false]))
        return table
    }()

    private static let unary: [(String, [String])] = [
        ("Identity", ["identity"]), ("StopGradient", ["stop_gradient"]), ("ZerosLike", ["zeros_like"]),
        ("OnesLike", ["ones_like"]), ("Negative", ["math.negative"]), ("Absolute", ["math.abs"]), ("Sign", ["math.sign"]),
        ("Reciprocal", ["math.reciprocal"]), ("Square", ["math.square"]), ("Sqrt", ["math.sqrt"]), ("Rsqrt", ["math.rsqrt"]),
        ("Exp", ["math.exp"]), ("Expm1", ["math.expm1"]), ("Log", ["math.log"]), ("Log1p", ["math.log1p"]),
        ("Floor", ["math.floor"]), ("Ceil", ["math.ceil"]), ("Round", ["math.round"]), ("Sin", ["math.sin"]),
        ("Cos", ["math.cos"]), ("Tan", ["math.tan"]), ("Arcsin", ["math.asin"]), ("Arccos", ["math.acos"]),
        ("Arctan", ["math.atan"]), ("Sinh", ["math.sinh"]), ("Cosh", ["math.cosh"]), ("Tanh", ["math.tanh", "nn.tanh"]),
        ("Arcsinh", ["math.asinh"]), ("Arccosh", ["math.acosh"]), ("Arctanh", ["math.atanh"]), ("Erf", ["math.erf"]),
        ("Isnan", ["math.is_nan"]), ("Isinf", ["math.is_inf"]), ("Isfinite", ["math.is_finite"]),
        ("LogicalNot", ["math.logical_not"]), ("Sigmoid", ["math.sigmoid", "nn.sigmoid"]),
        ("LogSigmoid", ["math.log_sigmoid"]), ("Softplus", ["math.softplus", "nn.softplus"]),
        ("Softsign", ["nn.softsign", "math.softsign"]), ("Relu", ["nn.relu"]), ("Relu6", ["nn.relu6"]), ("Elu", ["nn.elu"]),
        ("Selu", ["nn.selu"]), ("Silu", ["nn.silu", "nn.swish"]),
    ]

    private static let binary: [(String, [String])] = [
        ("Add", ["__operators__.add", "math.add"]), ("Subtract", ["math.subtract"]), ("Multiply", ["math.multiply"]),
        ("TrueDivide", ["math.truediv", "math.divide"]), ("DivideNoNan", ["math.divide_no_nan"]),
        ("FloorDivide", ["math.floordiv"]), ("Mod", ["math.floormod", "math.mod"]), ("Power", ["math.pow"]),
        ("Maximum", ["math.maximum"]), ("Minimum", ["math.minimum"]), ("Arctan2", ["math.atan2"]),
        ("Equal", ["math.equal"]), ("NotEqual", ["math.not_equal"]), ("Greater", ["math.greater"]),
        ("GreaterEqual", ["math.greater_equal"]), ("Less", ["math.less"]), ("LessEqual", ["math.less_equal"]),
        ("LogicalAnd", ["math.logical_and"]), ("LogicalOr", ["math.logical_or"]), ("LogicalXor", ["math.logical_xor"]),
    ]

    private static let reductions = [
        ("Mean", "reduce_mean"), ("Sum", "reduce_sum"), ("Max", "reduce_max"), ("Min", "reduce_min"), ("Prod", "reduce_prod"),
        ("Any", "reduce_any"), ("All", "reduce_all"), ("Var", "reduce_variance"), ("Std", "reduce_std"),
        ("Logsumexp", "reduce_logsumexp"),
    ]
}
