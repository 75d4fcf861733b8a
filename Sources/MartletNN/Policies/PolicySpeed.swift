import MartletCore

extension DTypePolicy {
    /// What `compile` and `martlet doctor` say of the speed of policies of 16 bits on this machine; nil where they are fast.
    package static var speedNote: String? {
        "Policies of 16 bits save memory and no time here: products of 16 bits are computed as those of float32."
    }
}

extension Model {
    private static let hasNoted = Guarded(false)

    /// Logs once in a process that a policy saves no time.
    func notePolicySpeed() {
        func computesInHalf(_ layer: Layer) -> Bool {
            layer.computeDType.isHalf || layer.sublayers.contains(where: computesInHalf)
        }
        guard let note = DTypePolicy.speedNote, computesInHalf(self) else { return }
        let isFirst = Self.hasNoted.withLock { hasNoted in
            defer { hasNoted = true }
            return !hasNoted
        }
        if isFirst { Settings.logger.notice("\(note)") }
    }
}
