import Foundation

/// Finds out where time goes: it notes each op that the calling thread runs, in compiled functions too.
///
/// ```swift
/// let profile = Profiler.profile {
///     for batch in batches { trainStep(batch) }
/// }
/// print(profile)                                    // a table of ops beside the machine's ceilings
/// try profile.writeChromeTrace(to: "trace.json")    // for chrome://tracing or ui.perfetto.dev
/// ```
///
/// Call once what is compiled before it is profiled, or tracing is what the profile shows. A profile takes about 0.1 µs
/// for each op of a compiled function, and 0.5 µs and 200 bytes for each eager op; without one an op costs nothing more.
/// Ops that other threads run are not noted.
public enum Profiler {
    /// Runs `body` and returns what it did. Stops when the thread is being profiled already.
    public static func profile(_ body: () throws -> Void) rethrows -> Profile {
        start()
        do {
            try body()
        } catch {
            Context.current.recorder = nil
            throw error
        }
        return stop()
    }

    /// Starts to profile the calling thread. Stops the program when it is being profiled already.
    public static func start() {
        let context = Context.current
        require(context.recorder == nil, "Profiler.start", "This thread is being profiled already; stop that first.")
        context.recorder = ProfileRecorder()
    }

    /// Ends the profile that `start` began. Stops the program when there is none.
    public static func stop() -> Profile {
        let context = Context.current
        guard let recorder = context.recorder else {
            MartletCore.stop("Profiler.stop", "This thread is not being profiled; call Profiler.start() first.")
        }
        context.recorder = nil
        return recorder.profile()
    }
}

extension Profiler {
    /// Whether the calling thread is being profiled.
    package static var isRunning: Bool { Context.current.recorder != nil }

    /// Notes a reading of a pipeline that has ended.
    package static func note(_ stages: [Profile.Stage]) { Context.current.recorder?.pipelines.append(stages) }
}

/// Takes down what a thread runs. Whatever is expensive (names, costs, sums) waits for the end.
package final class ProfileRecorder {
    /// What can be run: an op at its place, a compiled function, or its compilation.
    struct Site {
        let kind: Profile.Event.Kind
        let name: String
        var op: (any Op)?
        var inputs: [TensorSpec] = []
        var outputs: [TensorSpec] = []
        var layerPath: [String] = []
    }

    private struct Span {
        let site: Int
        let start: UInt64
        let end: UInt64
    }

    /// The stages of each reading of a pipeline that ended.
    var pipelines: [[Profile.Stage]] = []
    private var sites: [Site] = []
    /// In the order of their ends, so that what runs inside of another stands before it.
    private var spans: [Span] = []
    /// The first site of each executable, which is held so that its address stays its own.
    private var executables: [ObjectIdentifier: (executable: Executable, site: Int)] = [:]
    private let start = ProfileRecorder.clock

    private static var clock: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Nanoseconds, from any beginning.
    var now: UInt64 { Self.clock }

    /// Notes that a site has run.
    func note(_ site: Int, since start: UInt64) { spans.append(Span(site: site, start: start, end: now)) }

    /// Notes an eager op.
    func note(
        _ op: any Op, _ inputs: [Tensor], _ outputs: [TensorSpec], _ layerPath: [String], since start: UInt64
    ) {
        let end = now
        spans.append(Span(site: sites.count, start: start, end: end))
        sites.append(
            Site(
                kind: .op, name: type(of: op).name, op: op, inputs: inputs.map(\.spec), outputs: outputs,
                layerPath: layerPath))
    }

    /// Notes that a function was traced and planned.
    func noteCompilation(of name: String, since start: UInt64) {
        spans.append(Span(site: sites.count, start: start, end: now))
        sites.append(Site(kind: .compilation, name: name))
    }

    /// The site of an executable; those of its ops follow.
    func site(of executable: Executable) -> Int {
        if let known = executables[ObjectIdentifier(executable)] { return known.site }
        let site = sites.count
        executables[ObjectIdentifier(executable)] = (executable, site)
        let graph = executable.graph
        sites.append(Site(kind: .function, name: executable.name))
        sites += graph.steps.map { node in
            Site(
                kind: .op, name: type(of: node.op).name, op: node.op, inputs: node.inputs.map { graph.specs[$0] },
                outputs: node.outputs.map { graph.specs[$0] }, layerPath: node.layerPath)
        }
        return site
    }

    /// What was noted so far.
    func profile() -> Profile {
        let end = now
        func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) * 1e-9 }
        // What ended within the spans around the present one, and is not inside of any other.
        var pending: [Span] = []
        var events: [Profile.Event] = []
        for span in spans {
            var inside: UInt64 = 0
            while let last = pending.last, last.start >= span.start {
                inside += last.end - last.start
                pending.removeLast()
            }
            pending.append(span)
            let site = sites[span.site]
            events.append(
                Profile.Event(
                    kind: site.kind, name: site.name, layerPath: site.layerPath, inputs: site.inputs,
                    outputs: site.outputs, flops: site.op?.flops(site.inputs, site.outputs) ?? 0,
                    bytes: site.op?.bytes(site.inputs, site.outputs) ?? 0, start: seconds(span.start - start),
                    duration: seconds(span.end - span.start), ownDuration: seconds(span.end - span.start - inside)))
        }
        return Profile(
            events: events.sorted { ($0.start, -$0.duration) < ($1.start, -$1.duration) }, duration: seconds(end - start),
            pipelines: pipelines)
    }
}
