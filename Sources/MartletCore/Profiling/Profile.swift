/// What a thread ran while it was profiled: every op, every compiled function, and every compilation of one.
///
/// Its description is a table, see ``table(by:rows:ceilings:)``.
public struct Profile: Sendable {
    /// Something that ran.
    public struct Event: Sendable {
        /// What it was.
        public enum Kind: String, Sendable {
            /// One op, fused ones included.
            case op
            /// A call of a compiled function, around its ops.
            case function
            /// The tracing and planning of a compiled function.
            case compilation
        }

        /// What it was.
        public let kind: Kind
        /// The op's or the function's name.
        public let name: String
        /// The layers that were being called, outermost first; the gradient of an op has the path of the op. A fused op has
        /// that of its first part.
        public let layerPath: [String]
        /// Shapes and dtypes of an op's inputs.
        public let inputs: [TensorSpec]
        /// Shapes and dtypes of an op's outputs.
        public let outputs: [TensorSpec]
        /// Floating-point operations by the op's formula: additions, multiplications, comparisons and values of functions
        /// count one each.
        public let flops: Int
        /// What the op must read and write at least, each number once.
        public let bytes: Int
        /// Seconds from the profile's beginning.
        public let start: Double
        /// Seconds that it took.
        public let duration: Double
        /// Seconds that it took without the events inside of it.
        public let ownDuration: Double
    }

    /// What ran, in the order of beginning.
    public let events: [Event]
    /// Seconds from the beginning to the end.
    public let duration: Double
    /// The stages, from the source on, of each reading of a `Dataset` that began and ended meanwhile.
    public let pipelines: [[Stage]]

    /// What a stage of a `Dataset` did in a reading. Times are its own: what stages before it took in the same call is theirs.
    public struct Stage: Sendable {
        /// The stage's name.
        public let name: String
        /// How many elements it gave.
        public package(set) var elements = 0
        /// Seconds of work on the thread that was profiled, and read.
        public package(set) var onReader = 0.0
        /// Seconds of work on other threads, all together.
        public package(set) var onWorkers = 0.0
        /// Seconds that threads waited because it had nothing ready.
        public package(set) var waitedFor = 0.0

        package init(name: String) { self.name = name }
    }

    /// Events that were put together.
    public struct Row: Sendable {
        /// What they have in common: the op's name, its shapes, the layer path.
        public let key: [String]
        /// How many they are.
        public internal(set) var calls = 0
        /// Seconds that they took, without events inside of them.
        public internal(set) var duration = 0.0
        /// Floating-point operations of all.
        public internal(set) var flops = 0
        /// The least traffic of all.
        public internal(set) var bytes = 0

        init(_ key: [String]) { self.key = key }

        mutating func add(_ event: Event) {
            calls += 1
            duration += event.ownDuration
            flops += event.flops
            bytes += event.bytes
        }
    }

    /// How a table puts ops together.
    public enum Grouping: String, Sendable, CaseIterable {
        /// By name.
        case name
        /// By name and shapes.
        case shapes
        /// By layer path and name.
        case layer
    }

    /// The ops put together, those that took longest first.
    public func rows(by grouping: Grouping = .shapes) -> [Row] {
        var rows: [[String]: Row] = [:]
        for event in events where event.kind == .op {
            let key =
                switch grouping {
                case .name: [event.name]
                case .shapes: [event.name, event.shapes]
                case .layer: [event.layerPath.joined(separator: "/"), event.name]
                }
            rows[key, default: Row(key)].add(event)
        }
        return rows.values.sorted { ($1.duration, $0.key.joined()) < ($0.duration, $1.key.joined()) }
    }

    /// Seconds in events of a kind, without events inside of them.
    public func ownDuration(of kind: Event.Kind) -> Double {
        events.reduce(0) { $0 + ($1.kind == kind ? $1.ownDuration : 0) }
    }
}

extension Profile.Event {
    /// The inputs' and outputs' shapes, with dtypes other than `float32`, neighbours that are alike together:
    /// `(32, 784) (784, 128) > (32, 128)`, `2x(64,) > int64()`.
    var shapes: String { "\(Self.list(inputs)) > \(Self.list(outputs))" }

    private static func list(_ specs: [TensorSpec]) -> String {
        var runs: [(text: String, count: Int)] = []
        for spec in specs {
            let text = spec.dtype == .float32 ? spec.shape.description : spec.description
            if let last = runs.last, last.text == text {
                runs[runs.count - 1].count += 1
            } else {
                runs.append((text, 1))
            }
        }
        return runs.map { $0.count == 1 ? $0.text : "\($0.count)x\($0.text)" }.joined(separator: " ")
    }
}
