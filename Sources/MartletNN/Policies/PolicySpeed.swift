import MartletCore

extension DTypePolicy {
    /// What `compile` and `martlet doctor` say of the speed of policies that compute in `type` on this machine; nil where they are
    /// fast.
    package static func speedNote(for type: DType) -> String? {
        guard type.isHalf, type != .bfloat16 || !Settings.usesBfloat16Instructions else { return nil }
        return "\(type) saves memory and no time here: its products are computed as those of float32."
    }
}

extension Model {
    private static let hasNoted = Guarded(false)

    /// Logs once in a process that a policy saves no time.
    func notePolicySpeed() {
        func note(_ layer: Layer) -> String? {
            if let note = DTypePolicy.speedNote(for: layer.computeDType) { return note }
            for inner in layer.sublayers {
                if let note = note(inner) { return note }
            }
            return nil
        }
        guard let note = note(self) else { return }
        let isFirst = Self.hasNoted.withLock { hasNoted in
            defer { hasNoted = true }
            return !hasNoted
        }
        if isFirst { Settings.logger.notice("\(note)") }
    }
}
