import Foundation

/// The arguments of a call of a compiled function, taken apart.
struct CompiledCall {
    var arguments: [Tensor] = []
    var structure: [AnyHashable] = []

    /// Forgets the arguments, but keeps the memory for the next call.
    mutating func removeAll() {
        arguments.removeAll(keepingCapacity: true)
        structure.removeAll(keepingCapacity: true)
    }
}

/// A graph of a compiled function, with what it was traced for.
///
/// Neither it nor `CompiledCall` depends on the function's types: arrays of types that are known at run time only are slow.
class CompiledGraph {
    let specs: [TensorSpec]
    let structure: [AnyHashable]
    let executables: ExecutablePool
    private var settings: [TracedSettings]
    /// The settings that nobody tells of when they change.
    let untoldSettings: [TracedSettings]
    /// The revision of the settings at which all held.
    var revision: Int

    init(_ call: CompiledCall, _ executable: Executable, _ settings: [TracedSettings], revision: Int) {
        specs = call.arguments.map(\.spec)
        structure = call.structure
        executables = ExecutablePool(executable)
        self.settings = settings
        untoldSettings = settings.filter { !$0.isToldOfChanges }
        self.revision = revision
    }

    /// Whether the graph takes such arguments.
    func takes(_ call: CompiledCall) -> Bool {
        guard specs.count == call.arguments.count, structure == call.structure else { return false }
        for (spec, argument) in zip(specs, call.arguments) where spec != argument.spec { return false }
        return true
    }

    /// Whether the graph is what tracing would give for these arguments now.
    func fits(_ call: CompiledCall) -> Bool {
        guard takes(call) else { return false }
        let now = Trace.settingsRevision
        guard now != revision else { return untoldSettings.allSatisfy { $0.holds } }
        if let changed = settings.firstIndex(where: { !$0.holds }) {
            // What changes to and fro is what the next look begins with.
            settings.swapAt(0, changed)
            return false
        }
        revision = now
        return true
    }
}

/// A graph and the output of tracing, whose tensors give way to the results.
private final class Entry<Output>: CompiledGraph {
    let template: Output

    init(
        _ call: CompiledCall, _ executable: Executable, _ template: Output, _ settings: [TracedSettings], revision: Int
    ) {
        self.template = template
        super.init(call, executable, settings, revision: revision)
    }
}

/// A function of tensors that was compiled by ``compiled(name:maximumTraces:_:)``.
///
/// Threads may call one function at the same time: each runs with memory of its own, so the calls run side by side. A call
/// that updates a variable has it for itself until it ends. The closure is traced by one thread at a time, whichever came
/// first; where it runs uncompiled, it runs in all threads at once.
public final class CompiledFunction<Input, Output> {
    /// The name in the log.
    public let name: String
    /// How many graphs are kept.
    public let maximumTraces: Int
    /// How often the closure was traced.
    public var traceCount: Int { lock.withLock { _ in traced } }

    /// How many graphs for the same arguments are kept, which differ in the settings that they were traced with.
    private static var variants: Int { 4 }

    private let body: (Input) -> Output
    private let inputGroup: AnyTensorGroup<Input>
    private let outputGroup: AnyTensorGroup<Output>
    /// Held while what follows is read or changed.
    private let lock = Guarded(())
    /// The graph used last comes last.
    private var entries: [CompiledGraph] = []
    private var traced = 0
    /// Held while the closure is traced. A weight that is made meanwhile may come from this function, too.
    private let tracing = NSRecursiveLock()

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
        if let numerics = context.numerics, numerics.runsOpByOp { return body(input) }
        var call = context.spareCalls.popLast() ?? CompiledCall()
        defer {
            call.removeAll()
            if context.spareCalls.count < 4 { context.spareCalls.append(call) }
        }
        inputGroup.collect(input, &call.arguments)
        for index in call.arguments.indices where !call.arguments[index].isOnHost {
            call.arguments[index] = call.arguments[index].onHost
        }
        inputGroup.appendStructure(input, &call.structure)
        var failed: Output?
        guard let entry = find(call) ?? trace(input, call, &failed) else { return failed! }
        guard let numerics = context.numerics else { return run(entry, call) }
        return run(entry, call, input, checking: numerics)
    }

    /// Makes the graph for such an argument, so that other threads find it.
    package func prepare(_ input: Input) {
        var call = CompiledCall()
        inputGroup.collect(input, &call.arguments)
        inputGroup.appendStructure(input, &call.structure)
        var failed: Output?
        if find(call) == nil { _ = trace(input, call, &failed) }
    }

    private func run(_ entry: Entry<Output>, _ call: CompiledCall, _ input: Input, checking numerics: NumericsCheck) -> Output {
        numerics.checking(
            entry.executables.first.updatedVariables, call.arguments, results: outputGroup.tensors, run: { self.run(entry, call) }
        ) { body(input) }
    }

    private func run(_ entry: Entry<Output>, _ call: CompiledCall) -> Output {
        do throws(OpFailure) {
            let results = try entry.executables.withExecutable { (executable) throws(OpFailure) in
                try executable.run(call.arguments)
            }
            return outputGroup.replacing(entry.template, with: results)
        } catch {
            fail(name, error, call.arguments.map(\.spec))
            return outputGroup.map(entry.template) { .substitute($0.spec) }
        }
    }

    /// Calls a function of several arguments, or of none.
    @_disfavoredOverload
    public func callAsFunction<each Argument>(_ input: repeat each Argument) -> Output
    where Input == (repeat each Argument) {
        callAsFunction((repeat each input))
    }

    /// A graph of the last call, for tests and profiles.
    package var executable: Executable? {
        var executable: Executable?
        lock.withLock { _ in executable = entries.last?.executables.first }
        return executable
    }

    /// The fitting graph, nil when there is none.
    private func find(_ call: CompiledCall) -> Entry<Output>? {
        var found: CompiledGraph?
        lock.withLock { _ in
            if let last = entries.last, last.fits(call) {
                found = last
            } else if let index = entries.firstIndex(where: { $0.fits(call) }) {
                found = entries[index]
                entries.append(entries.remove(at: index))
            }
        }
        return found.map { unsafeDowncast($0, to: Entry<Output>.self) }
    }

    /// - Parameter failed: what stands for the result where tracing fails; the graph is nil then.
    private func trace(_ input: Input, _ call: CompiledCall, _ failed: inout Output?) -> Entry<Output>? {
        tracing.lock()
        defer { tracing.unlock() }
        // Another thread may just have traced it.
        if let entry = find(call) { return entry }
        var count = 0
        lock.withLock { _ in
            traced += 1
            count = traced
        }
        let specs = call.arguments.map(\.spec)
        let signature = "(\(specs.map(\.description).joined(separator: ", ")))"
        Settings.logger.debug("Compiling \(name)\(signature), trace \(count).")
        if count == maximumTraces + 1 {
            Settings.logger.warning(
                """
                The compiled function \(name) was traced for more than \(maximumTraces) combinations of shapes, dtypes, \
                plain values and settings, the last one \(signature). Graphs are thrown away and made again, which is slow: \
                give it fewer shapes, or pass numbers as tensors.
                """)
        }
        let recorder = Context.current.recorder
        let start = recorder?.now ?? 0
        let revision = Trace.settingsRevision
        var template: Output?
        let (graph, settings) = Trace.run(specs) { symbols in
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
        guard let executable else {
            failed = outputGroup.map(template!) { .substitute($0.spec) }
            return nil
        }
        let entry = Entry(call, executable, template!, settings, revision: revision)
        lock.withLock { _ in
            // Settings that change to and fro find their graphs again; those that only change leave no heap of them.
            let alike = entries.indices.filter { entries[$0].takes(call) }
            if alike.count == Self.variants {
                entries.remove(at: alike[0])
            } else if entries.count == maximumTraces {
                entries.removeFirst()
            }
            entries.append(entry)
        }
        recorder?.noteCompilation(of: name, since: start)
        return entry
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

extension CompiledFunction: CustomStringConvertible, CustomDebugStringConvertible {
    /// The name, and how often the closure was traced: `CompiledFunction("step", 2 traces)`.
    public var description: String {
        let count = traceCount
        return "CompiledFunction(\(name.debugDescription), \(count) trace\(count == 1 ? "" : "s"))"
    }
    public var debugDescription: String { description }
}
