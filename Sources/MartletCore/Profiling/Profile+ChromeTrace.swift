import Foundation

extension Profile {
    /// The events in Chrome's trace format, JSON that chrome://tracing and ui.perfetto.dev show: one bar for each event,
    /// ops inside of the compiled functions that ran them, with shapes, layer path, operations and bytes.
    ///
    /// Source: [Trace Event Format](https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU).
    public var chromeTrace: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(Trace(traceEvents: events.map(TraceEvent.init))), as: UTF8.self)
        } catch {
            // Only numbers that are not finite do not encode, and the clock gives none.
            stop("Profile.chromeTrace", "\(error)")
        }
    }

    /// Writes ``chromeTrace`` to a file, in place of one that is there.
    /// - Throws: `MartletError` when the file cannot be written.
    public func writeChromeTrace(to path: String) throws {
        do {
            try Data(chromeTrace.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw MartletError(
                "The trace cannot be written: \(error.localizedDescription) Give a file in a folder that exists and may be "
                    + "written to.", at: path)
        }
    }

    private struct Trace: Encodable {
        let traceEvents: [TraceEvent]
        let displayTimeUnit = "ns"
    }

    /// A complete event: begin and end in one. Times are microseconds.
    private struct TraceEvent: Encodable {
        let name: String
        let cat: String
        let ph = "X"
        let ts: Double
        let dur: Double
        let pid = 1
        let tid = 1
        let args: Arguments

        struct Arguments: Encodable {
            var shapes: String?
            var layer: String?
            var flops: Int?
            var bytes: Int?
        }

        init(_ event: Event) {
            name = event.kind == .compilation ? "compile \(event.name)" : event.name
            cat = event.kind.rawValue
            // Whole nanoseconds, so that what is inside of another event ends within it.
            ts = (event.start * 1e9).rounded() / 1e3
            dur = (event.duration * 1e9).rounded() / 1e3
            args = event.kind != .op ? Arguments() : Arguments(
                shapes: event.shapes, layer: event.layerPath.isEmpty ? nil : event.layerPath.joined(separator: "/"),
                flops: event.flops, bytes: event.bytes)
        }
    }
}
