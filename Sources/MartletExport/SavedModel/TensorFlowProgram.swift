import Martlet
import MartletCore

/// A graph of TensorFlow, or a function, in an order in which it can run.
final class TensorFlowProgram: @unchecked Sendable {
    /// What a node reads: an argument, or an output of a node.
    enum Operand {
        case argument(Int)
        case output(node: Int, Int)
    }

    struct Step {
        let place: Int
        let node: TensorFlowNode
        let inputs: [Operand]
        let `operator`: TensorFlowOperator?
    }

    let nodeCount: Int
    private(set) var steps: [Step] = []
    let results: [Operand]

    /// - Parameters:
    ///   - arguments: the names of what is given; in the graph itself, its placeholders.
    ///   - results: `node:1`, or in a function `node:output:1`. Only what they need is run.
    /// - Throws: `MartletError` for nodes that are missing, that read themselves, or that Martlet does not know.
    init(_ nodes: [TensorFlowNode], arguments: [String], results: [String], isFunction: Bool) throws {
        nodeCount = nodes.count
        let places = Dictionary(nodes.enumerated().map { ($1.name, $0) }) { first, _ in first }
        let given = Dictionary(arguments.enumerated().map { ($1, $0) }) { first, _ in first }
        func operand(_ reference: String) throws -> Operand {
            let parts = reference.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            if let place = given[parts[0]] { return .argument(place) }
            guard let place = places[parts[0]], parts.count <= 3 else {
                throw MartletError("Expected a node \"\(reference)\". There is none.")
            }
            var number = 0
            if parts.count > 1 {
                guard let last = Int(parts[parts.count - 1]), (0..<1 << 16).contains(last) else {
                    throw MartletError("Expected the number of an output. Received: \"\(reference)\".")
                }
                number = last
                // Outputs of several names follow each other.
                if parts.count == 3, let names = TensorFlowOperator.outputs[nodes[place].operation] {
                    guard let first = names.firstIndex(of: parts[1]) else {
                        throw MartletError("Expected an output of \(nodes[place].operation). Received: \"\(reference)\".")
                    }
                    number += first
                }
            }
            return .output(node: place, number)
        }
        self.results = try results.map(operand)
        // Depth first, without recursion: a node's inputs come before it.
        var state = [UInt8](repeating: 0, count: nodes.count)
        var inputs = [[Operand]](repeating: [], count: nodes.count)
        var stack: [(node: Int, next: Int)] = []
        func enter(_ node: Int) throws {
            guard state[node] == 0 else {
                if state[node] == 1 { throw MartletError("Expected a graph without cycles.", at: Self.label(nodes[node])) }
                return
            }
            state[node] = 1
            do {
                // What begins with ^ only says what must run before.
                inputs[node] = try nodes[node].inputs.filter { !$0.hasPrefix("^") }.map(operand)
            } catch let error as MartletError where error.location == nil {
                throw MartletError(error.message, at: Self.label(nodes[node]))
            }
            stack.append((node, 0))
        }
        for case .output(let node, _) in self.results {
            try enter(node)
            while let (current, next) = stack.last {
                guard next < inputs[current].count else {
                    stack.removeLast()
                    state[current] = 2
                    let table = TensorFlowOperator.table[nodes[current].operation]
                    steps.append(Step(place: current, node: nodes[current], inputs: inputs[current], operator: table))
                    continue
                }
                stack[stack.count - 1].next += 1
                if case .output(let node, _) = inputs[current][next] { try enter(node) }
            }
        }
    }

    static func label(_ node: TensorFlowNode) -> String { "node \"\(node.name)\" (\(node.operation))" }
}

/// What flows between nodes.
enum TensorFlowValue {
    case tensor(Tensor)
    /// A variable that is read later, by its node.
    case variable(String)
    /// A list of tensors, of which some may not be there yet.
    case list([Tensor?])
    /// A tensor of which some elements of the first axis are others by now. A loop that writes one in each step copies none.
    case rows(Tensor, [Tensor?])
    /// The blocks that a batch was cut into, until something reads them.
    case blocks(TensorFlowBlocked)
}

/// A call of an operator.
struct TensorFlowCall {
    let node: TensorFlowNode
    let inputs: [TensorFlowValue]
    /// Gives the value of a variable.
    let read: (String) throws -> Tensor
    /// Draws what is random.
    let generator: RandomGenerator

    func tensor(_ place: Int) throws -> Tensor {
        guard inputs.indices.contains(place) else {
            throw MartletError("Expected at least \(place + 1) inputs. Received: \(inputs.count).")
        }
        switch inputs[place] {
        case .tensor(let tensor): return tensor
        case .variable(let name): return try read(name)
        case .rows(let tensor, let rows): return tensor.replacing(rows)
        case .blocks(let blocks): return try blocks.tensor()
        case .list: throw MartletError("Expected a tensor as input \(place). Received: a list.")
        }
    }

    func list(_ place: Int) throws -> [Tensor?] {
        guard inputs.indices.contains(place), case .list(let list) = inputs[place] else {
            throw MartletError("Expected a list as input \(place).")
        }
        return list
    }

    func tensor(_ place: Int, rank: ClosedRange<Int>) throws -> Tensor {
        let tensor = try tensor(place)
        guard rank.contains(tensor.rank) else {
            throw MartletError(
                "Expected \(rank.lowerBound) to \(rank.upperBound) axes of input \(place). Received: \(tensor.spec).")
        }
        return tensor
    }

    func tensors(_ count: Int) throws -> [Tensor] { try (0..<count).map { try tensor($0) } }

    /// The elements of an input, which say how to compute.
    func integers(_ place: Int) throws -> [Int] {
        let tensor = try tensor(place)
        guard tensor.dtype.isInteger, tensor.symbol == nil, tensor.elementCount < 1 << 24 else {
            throw MartletError("Expected input \(place) as integers that do not follow from the model's inputs.")
        }
        return tensor.scalars(as: Int.self)
    }

    func integer(_ place: Int) throws -> Int {
        guard let first = try integers(place).first else { throw MartletError("Expected an integer as input \(place).") }
        return first
    }

    func axis(_ place: Int, rank: Int) throws -> Int { try axis(integer(place), in: rank) }

    func axis(_ axis: Int, in rank: Int) throws -> Int {
        let positive = axis < 0 ? axis &+ rank : axis
        guard (0..<max(rank, 0)).contains(positive) else {
            throw MartletError("Expected an axis below \(rank). Received: \(axis).")
        }
        return positive
    }

    func axes(_ place: Int, rank: Int) throws -> [Int] {
        let axes = try integers(place).map { try axis($0, in: rank) }
        guard Set(axes).count == axes.count else { throw MartletError("Expected different axes. Received: \(axes).") }
        return axes
    }

    func integer(_ name: String, default value: Int) throws -> Int {
        switch node.attribute(name) {
        case nil: return value
        case .integer(let number)?: return number
        default: throw MartletError("Expected an integer as attribute \"\(name)\".")
        }
    }

    func flag(_ name: String) -> Bool { if case .flag(true)? = node.attribute(name) { true } else { false } }
    func number(_ name: String, default value: Double) -> Double {
        if case .number(let number)? = node.attribute(name) { Double(number) } else { value }
    }
    func text(_ name: String) -> String? { if case .text(let text)? = node.attribute(name) { text } else { nil } }
    func integers(_ name: String) -> [Int]? { if case .integers(let numbers)? = node.attribute(name) { numbers } else { nil } }
    func type(_ name: String) throws -> DType {
        guard case .type(let type)? = node.attribute(name) else {
            throw MartletError("Expected a type of numbers as attribute \"\(name)\".")
        }
        return type
    }
}

/// An operator of TensorFlow.
struct TensorFlowOperator: Sendable {
    /// The inputs that are weights also where they are constants.
    var weights: Set<Int> = []
    let run: @Sendable (TensorFlowCall) throws -> [TensorFlowValue]

    /// An operator whose results are tensors.
    init(weights: Set<Int> = [], run: @escaping @Sendable (TensorFlowCall) throws -> [Tensor]) {
        self.weights = weights
        self.run = { try run($0).map { .tensor($0) } }
    }

    /// An operator whose result is any value.
    init(weights: Set<Int> = [], value: @escaping @Sendable (TensorFlowCall) throws -> TensorFlowValue) {
        self.weights = weights
        run = { [try value($0)] }
    }

    /// The operators to which a bias is added; their second input is the weight.
    static let products: Set = [
        "MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Conv2D", "Conv3D", "DepthwiseConv2dNative",
        "Conv2DBackpropInput", "Conv3DBackpropInputV2",
    ]

    /// The names of outputs, of operators that have several.
    static let outputs: [String: [String]] = [
        "FusedBatchNormV3": ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"],
        "FusedBatchNorm": ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"],
        "TopKV2": ["values", "indices"],
        "StatelessRandomGetKeyCounter": ["key", "counter"],
    ]

    static let table: [String: TensorFlowOperator] = {
        var table: [String: TensorFlowOperator] = [:]
        for fill in [addElementwise, addProducts, addLayout, addReductions, addLists, addBlocks, addRandom] { fill(&table) }
        return table
    }()
}
