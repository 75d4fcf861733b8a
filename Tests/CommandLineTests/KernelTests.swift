import Foundation
import Martlet
import MartletFormats
import TestSupport
import Testing

/// What must hold with each of OpenBLAS's kernels, and on each level of Martlet's own loops, that this CPU can run. Both
/// are chosen when a process starts, so each run is a process.
@Suite(.ownSession) struct KernelTests {
    struct Kernels: Sendable, CustomTestStringConvertible {
        let variable, value: String
        let level: SIMDLevel
        var environment: [String: String] { [variable: value] }
        var testDescription: String { "\(variable)=\(value)" }
    }

    static let cores: [Kernels] = [("Prescott", SIMDLevel.sse2), ("Haswell", .avx2), ("SkylakeX", .avx512)].compactMap {
        if SIMDLevel.available.contains($1) { return Kernels(variable: "OPENBLAS_CORETYPE", value: $0, level: $1) }
        print("OpenBLAS's \($0) kernels are not tested: they need \($1), this CPU has \(SIMDLevel.cpu).")
        return nil
    }
    static let levels = SIMDLevel.available.map { Kernels(variable: "MARTLET_SIMD", value: $0.rawValue, level: $0) }

    let shell = CommandLineTests()

    func doctor(_ environment: [String: String]) throws -> JSONObject {
        let outcome = try shell.run(["doctor", "--json"], environment: environment)
        #expect(outcome.status == 0 && outcome.error == "", "\(outcome.error)")
        return try JSONValue(parsing: outcome.lastLine).object()
    }

    /// The product runs with the kernels asked for, and they are right.
    @Test(arguments: cores) func coreIsTaken(_ kernels: Kernels) throws {
        let report = try doctor(kernels.environment)
        #expect(report["failures"] == [] && report["openblas_core_chosen_by"] == "environment")
        guard case .string(let build)? = report["openblas"], build.contains("DYNAMIC_ARCH") else { return }
        #expect(report["openblas_core"] == .string(kernels.value))
        let warnings = try shell.run(["doctor"], environment: kernels.environment).output
        let isBelow = kernels.level != .cpu
        #expect(warnings.contains("warning: OpenBLAS runs its \(kernels.value) kernels") == isBelow)
        #expect(warnings.contains("Unset OPENBLAS_CORETYPE (\(kernels.value)).") == isBelow)
    }

    /// With nothing asked for, no kernels are below the CPU.
    @Test func nothingIsBelowTheCPU() throws {
        let report = try doctor([
            "OPENBLAS_CORETYPE": "", "MARTLET_SIMD": SIMDLevel.cpu.rawValue, "MARTLET_NUM_THREADS": "1",
        ])
        #expect(report["simd"] == .string(SIMDLevel.cpu.rawValue) && report["simd"] == report["simd_cpu"])
        guard case .string(let build)? = report["openblas"], build.contains("DYNAMIC_ARCH") else { return }
        #expect(report["warnings"] == [])
        #expect(report["openblas_core_chosen_by"] == "openblas" || report["openblas_core_chosen_by"] == "martlet")
    }

    @Test(arguments: levels) func levelIsTaken(_ kernels: Kernels) throws {
        let report = try doctor(kernels.environment)
        #expect(report["simd"] == .string(kernels.value) && report["failures"] == [])
        let text = try shell.run(["doctor"], environment: kernels.environment).output
        #expect(text.contains("as MARTLET_SIMD says. Unset it.") == (kernels.level != .cpu))
    }

    /// A level that there is not, and one that the CPU has not: a warning, and the CPU's own.
    @Test(arguments: ["avx1024", "", "neon", "avx512"]) func wrongLevels(_ value: String) throws {
        guard !SIMDLevel.available.map(\.rawValue).contains(value) else { return }
        let outcome = try shell.run(["doctor", "--json"], environment: ["MARTLET_SIMD": value])
        let report = try JSONValue(parsing: outcome.lastLine).object()
        #expect(report["simd"] == .string(SIMDLevel.cpu.rawValue) && report["simd"] == report["simd_cpu"])
        #expect(outcome.error.contains("MARTLET_SIMD: expected") && outcome.error.contains("Received: \"\(value)\""))
    }

    /// One training has the same bits with any number of threads, and nearly the loss of the other kernels.
    @Test(arguments: cores + levels, ["cnn", "mlp"]) func sameBits(_ kernels: Kernels, _ model: String) throws {
        func train(threads: Int, _ environment: [String: String]) throws -> JSONObject {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-kernels-\(UUID())").path
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let outcome = try shell.run(
                [
                    "demo", "--output", folder, "--data", "digits", "--limit", "150", "--epochs", "1", "--json",
                    "--model", model,
                ], environment: environment.merging(["MARTLET_NUM_THREADS": "\(threads)"]) { $1 })
            #expect(outcome.status == 0, "\(outcome.error)")
            return try JSONValue(parsing: outcome.lastLine).object()
        }
        let lines = try [1, 2, 5].map { try train(threads: $0, kernels.environment) }
        let digests = lines.map { $0["weights_sha256"]?.serialized() }
        #expect(digests[0] != nil && digests[0] == digests[1] && digests[0] == digests[2])
        guard case .double(let usual)? = try train(threads: 2, [:])["test_loss"],
            case .double(let loss)? = lines[0]["test_loss"]
        else {
            Issue.record("no test_loss")
            return
        }
        #expect(abs(loss - usual) <= 0.01 * usual, "\(loss), otherwise \(usual)")
    }

    /// What a library logs never stands between a command and its error.
    @Test(arguments: cores + levels) func errorsAreOneLine(_ kernels: Kernels) throws {
        let outcome = try shell.run(["demo", "--data", "/nowhere/at/all"], environment: kernels.environment)
        shell.expectRefusal(outcome, "/nowhere/at/all")
        let missing = try shell.run(["summary", "/nowhere/model.keras"], environment: kernels.environment)
        shell.expectRefusal(missing, "/nowhere/model.keras")
    }
}
