/// A function of tensors that was compiled by ``compiled(name:maximumTraces:_:)``. Use it from one thread at a time.
public final class CompiledFunction<Input, Output> {
    /// The name in the log.
    public let name: String
    /// How many graphs are kept.
    public let maximumTraces: Int
    /// How often the closure was traced.
    public private(set) var traceCount = 0

    private struct Entry {
        let specs: [TensorSpec]
        let structure: [AnyHashable]
        let executable: Executable
        /// The output of tracing, whose tensors give way to the results.
        let template: Output
    }

    private let body: (Input) -> Output
    private let inputGroup: AnyTensorGroup<Input>
    private let outputGroup: AnyTensorGroup<Output>
    /// The graph used last comes last.
    private var entries: [Entry] = []
    private var arguments: [Tensor] = []
    private var structure: [AnyHashable] = []

    init(
        name: String, maximumTraces: Int, _ inputGroup: AnyTensorGroup<Input>, _ outputGroup: AnyTensorGroup<Output>,
        _ body: @escaping (Input) -> Output
    ) {
        require(maximumTraces >= 1, "compiled", "Expected a maximum of at least 1 trace. Received: \(maximumTraces).")
        self.name = name
        self.maximumTraces = maximumTraces
        self.inputGroup = inputGroup
        self.outputGroup = outputGroup
        self.body = body
    }

    /// Calls the function.
    public func callAsFunction(_ input: Input) -> Output {
        let context = Context.current
        if context.trace != nil || context.backend != nil || context.hasFailed || !context.tapes.isEmpty { return body(input) }
        arguments.removeAll(keepingCapacity: true)
        structure.removeAll(keepingCapacity: true)
        inputGroup.collect(input, &arguments)
        for index in arguments.indices where !arguments[index].isOnHost { arguments[index] = arguments[index].onHost }
        inputGroup.appendStructure(input, &structure)
        if entries.isEmpty || !isFit(entries[entries.count - 1]), let failed = find(input) { return failed }
        let entry = entries[entries.count - 1]
        defer { arguments.removeAll(keepingCapacity: true) }
        do throws(OpFailure) {
            return outputGroup.replacing(entry.template, with: try entry.executable.run(arguments))
        } catch {
            fail(name, error, arguments.map(\.spec))
            return outputGroup.map(entry.template) { .substitute($0.spec) }
        }
    }

    /// Calls a function of several arguments, or of none.
    @_disfavoredOverload
    public func callAsFunction<each Argument>(_ input: repeat each Argument) -> Output
    where Input == (repeat each Argument) {
        callAsFunction((repeat each input))
    }

    /// The graph of the last call, for tests and profiles.
    package var executable: Executable? { entries.last?.executable }

    private func isFit(_ entry: Entry) -> Bool {
        guard entry.specs.count == arguments.count, entry.structure == structure else { return false }
        for (spec, argument) in zip(entry.specs, arguments) where spec != argument.spec { return false }
        return true
    }

    /// Puts the fitting graph last, a new one when there is none.
    /// - Returns: what stands for the result when tracing fails, else nil.
    private func find(_ input: Input) -> Output? {
        if let index = entries.firstIndex(where: isFit) {
            entries.append(entries.remove(at: index))
            return nil
        }
        traceCount += 1
        let specs = arguments.map(\.spec)
        let signature = "(\(specs.map(\.description).joined(separator: ", ")))"
        Settings.logger.debug("Compiling \(name)\(signature), trace \(traceCount).")
        if traceCount == maximumTraces + 1 {
            Settings.logger.warning(
                """
                The compiled function \(name) was traced for more than \(maximumTraces) combinations of shapes, dtypes and \
                plain values, the last one \(signature). Graphs are thrown away and made again, which is slow: give it \
                fewer shapes, or pass numbers as tensors.
                """)
        }
        let recorder = Context.current.recorder
        let start = recorder?.now ?? 0
        var template: Output?
        let graph = Trace.run(specs) { symbols in
            let output = body(inputGroup.replacing(input, with: symbols))
            template = output
            return outputGroup.tensors(output)
        }
        var executable: Executable?
        do throws(OpFailure) {
            if !Context.current.hasFailed { executable = try Executable(graph, name: name) }
        } catch {
            fail(name, error, specs)
        }
        guard let executable else { return outputGroup.map(template!) { .substitute($0.spec) } }
        if entries.count == maximumTraces { entries.removeFirst() }
        entries.append(Entry(specs: specs, structure: structure, executable: executable, template: template!))
        recorder?.noteCompilation(of: name, since: start)
        return nil
    }
}

/// How a type, or a tuple of types, is a group of tensors.
struct AnyTensorGroup<Group> {
    let map: (Group, (Tensor) -> Tensor) -> Group
    let visit: (Group, (Tensor) -> Void) -> Void
    let structure: (Group, inout [AnyHashable]) -> Void

    func collect(_ group: Group, _ tensors: inout [Tensor]) {
        visit(group) { tensors.append($0) }
    }

    func tensors(_ group: Group) -> [Tensor] {
        var found: [Tensor] = []
        collect(group, &found)
        return found
    }

    func appendStructure(_ group: Group, _ structure: inout [AnyHashable]) { self.structure(group, &structure) }

    func replacing(_ group: Group, with tensors: [Tensor]) -> Group {
        var next = 0
        return map(group) { _ in
            next += 1
            return tensors[next - 1]
        }
    }
}

extension AnyTensorGroup where Group: TensorGroup {
    static var single: AnyTensorGroup {
        AnyTensorGroup(
            map: { $0.mapTensors($1) }, visit: { $0.forEachTensor($1) }, structure: { $0.appendStructure(to: &$1) })
    }
}

extension AnyTensorGroup {
    static func tuple<each Element: TensorGroup>() -> AnyTensorGroup where Group == (repeat each Element) {
        AnyTensorGroup(
            map: { group, transform in (repeat (each group).mapTensors(transform)) },
            visit: { group, body in for element in repeat each group { element.forEachTensor(body) } },
            structure: { group, structure in
                for element in repeat each group { element.appendStructure(to: &structure) }
            })
    }
}
