import Foundation
import Martlet
import MartletTuner
import Synchronization

/// A program that `martlet tune` runs once for each trial.
struct TrialProgram: Sendable {
    /// The file, and what stands before the parameters.
    let path: String
    let arguments: [String]
    /// How many seconds a trial may take, nil for any number.
    let timeout: Double?
    /// The key of the value in objects that are printed, beside "value".
    let metric: String
    /// Where trials have folders of their own; nil for none.
    let folder: String?
    /// The threads that a trial may use, where the environment does not say.
    let threads: Int

    /// Runs a trial, and reports the values that the program prints on its way.
    /// - Returns: the last value.
    /// - Throws: `TrialPruned`, or `MartletError` with the reason why there is no value.
    func run(_ trial: Trial, _ space: ModelSpace) throws -> Double {
        var parameters = JSONObject()
        for (name, value) in try space.values(trial) { parameters[name] = value }
        do {
            return try run(trial, parameters)
        } catch let error as MartletError {
            // Where people look for it in a study: optuna-dashboard shows it.
            try? trial.setUserAttribute("fail_reason", .string(error.message))
            throw error
        }
    }

    private func run(_ trial: Trial, _ parameters: JSONObject) throws -> Double {
        var environment = ProcessInfo.processInfo.environment
        environment["MARTLET_TRIAL"] = String(trial.number)
        environment["MARTLET_PARAMETERS"] = JSONValue.object(parameters).serialized()
        if environment["MARTLET_NUM_THREADS"] == nil { environment["MARTLET_NUM_THREADS"] = String(threads) }
        if environment["OMP_NUM_THREADS"] == nil { environment["OMP_NUM_THREADS"] = String(threads) }
        var log: FileHandle?
        if let folder {
            let own = "\(folder)/trial-\(trial.number)"
            try FileIO.makeFolder(own)
            environment["MARTLET_TRIAL_FOLDER"] = own
            // What an earlier start of the trial printed is of no use.
            guard FileManager.default.createFile(atPath: own + "/output.txt", contents: nil) else {
                throw MartletError("Cannot write the file.", at: own + "/output.txt")
            }
            log = FileHandle(forWritingAtPath: own + "/output.txt")
        }
        let options = parameters.map { name, value in
            if case .string(let text) = value { "--\(name)=\(text)" } else { "--\(name)=\(value.serialized())" }
        }
        let process = try ChildProcess([path] + arguments + options, environment)
        defer { process.end() }
        var value: Double?, last = (output: "", error: "")
        let end = try process.wait(atMost: timeout) { line, isOutput in
            try? log?.write(contentsOf: Data((line + "\n").utf8))
            if !line.isEmpty { if isOutput { last.output = line } else { last.error = line } }
            guard isOutput, let found = Reading(line, metric) else { return }
            value = found.value
            guard let step = found.step else { return }
            guard found.value.isFinite else { throw MartletError("Expected finite values. Received: \(found.value) at step \(step).") }
            try trial.report(found.value, step: step)
            if try trial.shouldPrune { throw TrialPruned() }
        }
        let said = last.error.isEmpty ? last.output : last.error
        let told = said.isEmpty ? "" : " The last that it printed: \(said.prefix(300))"
        switch end {
        case .timedOut: throw MartletError("Expected an end within \(timeout ?? 0) seconds. The program ran on, and was ended.\(told)")
        case .signal(let number): throw MartletError("Expected an end with code 0. Signal \(number) ended the program.\(told)")
        case .code(let code) where code != 0: throw MartletError("Expected an end with code 0. Received: code \(code).\(told)")
        case .code: break
        }
        guard let value else {
            throw MartletError("Expected a line with the value: a number, or an object such as {\"\(metric)\": 0.9}.\(told)")
        }
        guard value.isFinite else { throw MartletError("Expected a finite value. Received: \(value).") }
        return value
    }

    /// A value in a line that a program printed.
    struct Reading {
        let value: Double
        let step: Int?

        /// - Parameter metric: the key of the value; "value" will do, too. Nil for a line without one.
        init?(_ line: String, _ metric: String) {
            let line = line.trimmingCharacters(in: .whitespaces)
            if let number = Double(line) {
                (value, step) = (number, nil)
                return
            }
            // Python writes what is not finite in words of its own.
            guard line.hasPrefix("{") else { return nil }
            let plain = line.replacing(/:\s*(-?)(NaN|Infinity)\b/) { ": \"\($0.1)\($0.2)\"" }
            guard let json = try? JSONValue(parsing: plain), let object = JSONObject(json: json) else { return nil }
            guard let found = object[metric] ?? object["value"] else { return nil }
            if let number = Double(json: found) {
                value = number
            } else if case .string(let text) = found, let number = Double(text) {
                value = number
            } else {
                return nil
            }
            step = (object["step"] ?? object["epoch"]).flatMap { Int(json: $0) }.flatMap { $0 >= 0 ? $0 : nil }
        }
    }
}

/// The groups of processes that run, for the handler of signals.
private let groups = ProcessGroups()

private final class ProcessGroups: Sendable {
    private let numbers = Guarded<[pid_t]>([])
    /// Whether the command was told to end.
    let isEnding = Atomic(false)

    func insert(_ number: pid_t) { numbers.withLock { $0.append(number) } }
    func remove(_ number: pid_t) { numbers.withLock { $0.removeAll { $0 == number } } }
    var all: [pid_t] { numbers.withLock { $0 } }
}

/// Prepares this process for programs that it starts. When Ctrl-C, SIGTERM or SIGHUP comes, it ends the trials' processes, and
/// then this one. They are in groups of their own, so that a trial can be ended with all that it started.
final class TrialSignals {
    private let sources: [any DispatchSourceSignal]

    init() {
        // What this process got from others and never uses would stay open as long as the programs run.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
            if let descriptor = Int32(name), descriptor > 2 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        }
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                groups.isEnding.store(true, ordering: .relaxed)
                for group in groups.all { kill(-group, SIGTERM) }
                Thread.sleep(forTimeInterval: 0.2)
                for group in groups.all { kill(-group, SIGKILL) }
                _exit(128 + number)
            }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }
}

/// A process in a group of its own, whose lines are read.
final class ChildProcess {
    enum End {
        case code(Int32), signal(Int32), timedOut
    }

    private let group: pid_t
    private var streams: [(descriptor: Int32, isOutput: Bool, rest: [UInt8])]
    private var hasEnded = false
    private static let longestLine = 1 << 20
    private static let starting = NSLock()

    /// - Throws: `MartletError` when it cannot be started.
    init(_ words: [String], _ environment: [String: String]) throws {
        // A process that another thread starts meanwhile would keep the pipes.
        Self.starting.lock()
        defer { Self.starting.unlock() }
        var pipes: [[Int32]] = []
        for _ in 0..<2 {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else {
                for end in pipes.joined() { close(end) }
                throw MartletError("Cannot make a pipe: \(String(cString: strerror(errno)).lowercased()).", at: words[0])
            }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            pipes.append(ends)
        }
        var actions = posix_spawn_file_actions_t(), attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[0][1], 1)
        posix_spawn_file_actions_adddup2(&actions, pipes[1][1], 2)
        // What this command ignores must end others.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        let arguments = words.map { strdup($0) } + [nil], variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var process = pid_t()
        let problem = posix_spawn(&process, words[0], &actions, &attributes, arguments, variables)
        for ends in pipes { close(ends[1]) }
        group = process
        streams = [(pipes[0][0], true, []), (pipes[1][0], false, [])]
        guard problem == 0 else {
            hasEnded = true
            for ends in pipes { close(ends[0]) }
            streams = []
            let advice = problem == ENOEXEC ? " Its first line must name what runs it, as in #!/usr/bin/env python3." : ""
            throw MartletError("Cannot start it: \(String(cString: strerror(problem)).lowercased()).\(advice)", at: words[0])
        }
        groups.insert(group)
    }

    deinit { end() }

    /// Reads the lines until the process has ended.
    /// - Parameters:
    ///   - seconds: how long it may run.
    ///   - body: gets each line, and whether it is of standard output. When it throws, the caller ends the process.
    func wait(atMost seconds: Double?, _ body: (String, Bool) throws -> Void) throws -> End {
        // More than 30 years are no limit.
        let deadline = seconds.map { ContinuousClock.now + .seconds(min($0, 1e9)) }
        while !streams.isEmpty {
            var polls = streams.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
            var patience: Int32 = 500
            if let deadline {
                let left = (deadline - ContinuousClock.now) / .milliseconds(1)
                guard left > 0 else { return .timedOut }
                patience = Int32(min(500, left.rounded(.up)))
            }
            _ = poll(&polls, nfds_t(polls.count), patience)
            for (place, entry) in polls.enumerated().reversed() where entry.revents != 0 { try take(place, body) }
            // What it started may keep the pipes open for longer.
            if let end = ended() {
                for place in streams.indices.reversed() { try takeRest(place, body) }
                return end
            }
        }
        while true {
            if let end = ended() { return end }
            if let deadline, ContinuousClock.now > deadline { return .timedOut }
            usleep(2000)
        }
    }

    private var status: End?

    private func ended() -> End? {
        if let status { return status }
        var code: Int32 = 0
        guard waitpid(group, &code, WNOHANG) == group else { return nil }
        status = code & 0x7F == 0 ? .code(code >> 8 & 0xFF) : .signal(code & 0x7F)
        return status
    }

    /// Takes what is there of a stream.
    private func take(_ place: Int, _ body: (String, Bool) throws -> Void) throws {
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        let count = read(streams[place].descriptor, &chunk, chunk.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        guard count > 0 else {
            let stream = streams.remove(at: place)
            close(stream.descriptor)
            if !stream.rest.isEmpty { try body(String(decoding: stream.rest, as: UTF8.self), stream.isOutput) }
            return
        }
        streams[place].rest += chunk[..<count]
        try giveLines(place, body)
    }

    private func giveLines(_ place: Int, _ body: (String, Bool) throws -> Void) throws {
        while let mark = streams[place].rest.firstIndex(of: 0x0A) {
            let line = String(decoding: streams[place].rest[..<mark], as: UTF8.self)
            streams[place].rest.removeFirst(mark + 1)
            try body(line, streams[place].isOutput)
        }
        // A bar of progress may have no end.
        if streams[place].rest.count > Self.longestLine { streams[place].rest.removeAll() }
    }

    /// Takes what was printed before the end, and waits for no more.
    private func takeRest(_ place: Int, _ body: (String, Bool) throws -> Void) throws {
        let descriptor = streams[place].descriptor
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let count = streams.count
        while streams.count == count {
            var chunk = [UInt8](repeating: 0, count: 1 << 14)
            let size = read(descriptor, &chunk, chunk.count)
            if size < 0, errno == EINTR { continue }
            guard size > 0 else {
                let stream = streams.remove(at: place)
                close(descriptor)
                if !stream.rest.isEmpty { try body(String(decoding: stream.rest, as: UTF8.self), stream.isOutput) }
                return
            }
            streams[place].rest += chunk[..<size]
            try giveLines(place, body)
        }
    }

    /// Ends the process with all that it started, if it runs.
    func end() {
        for stream in streams { close(stream.descriptor) }
        streams = []
        guard !hasEnded else { return }
        hasEnded = true
        if ended() == nil {
            kill(-group, SIGTERM)
            for _ in 0..<500 where ended() == nil { usleep(2000) }
        }
        // Whoever is left of the group.
        kill(-group, SIGKILL)
        while ended() == nil { usleep(2000) }
        groups.remove(group)
    }
}
