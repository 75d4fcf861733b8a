import ArgumentParser
import CKernels
import Foundation
import Martlet
import MartletData
import MartletDistributed
import MartletFormats

/// `martlet doctor`: reports what the machine offers, and what slows it down.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Report what Martlet runs on, and warn about what slows it down.")

    @Flag(help: "Print everything as one line of JSON.")
    var json = false

    func run() throws {
        // The first product sets OpenBLAS to one thread, since Martlet has its own.
        let products = ProductCheck()
        let report = DoctorReport(products: products)
        if json {
            let warnings = JSONValue.array(report.warnings.map { .string($0) })
            let failures = JSONValue.array(products.failures.map { .string($0) })
            say(
                jsonLine(
                    report.entries.map { ($0.key, $0.value) } + [("warnings", warnings), ("failures", failures)]))
        } else {
            report.print()
        }
        guard products.failures.isEmpty else {
            let core = String(cString: mk_openblas_core())
            throw MartletError(
                "Expected the products of the plain loop. \(products.failures.count) of \(products.count) are wrong with "
                    + "OpenBLAS's \(core) kernels, the first: \(products.failures[0]). OPENBLAS_CORETYPE may name others.")
        }
    }
}

/// The entries of the report, each with a title for people and a key for programs.
private struct DoctorReport {
    struct Entry {
        let title: String
        let key: String
        let value: JSONValue

        var text: String {
            switch value {
            case .string(let text): text
            case .object(let members):
                members.count == 0
                    ? "none" : members.map { "\($0.key)=\($0.value.plain)" }.joined(separator: ", ")
            default: value.plain
            }
        }
    }

    let entries: [Entry]
    let warnings: [String]
    let products: ProductCheck

    init(products: ProductCheck) {
        self.products = products
        let environment = ProcessInfo.processInfo.environment
        var variables = JSONObject()
        for name in environment.keys.sorted() where Self.matters(name) {
            variables[name] = .string(environment[name] ?? "")
        }
        var datasets = JSONObject()
        datasets["digits"] = "embedded"
        for name in ["fashion-mnist", "mnist"] { datasets[name] = Datasets.location(of: name).map { .string($0) } ?? .null }
        let kernels = KernelReport()
        entries = [
            Entry(title: "Martlet", key: "martlet", value: .string(Settings.version)),
            Entry(title: "Swift", key: "swift", value: .string(Self.swiftVersion)),
            Entry(title: "System", key: "system", value: .string(ProcessInfo.processInfo.operatingSystemVersionString)),
            Entry(title: "OpenBLAS", key: "openblas", value: .string(String(cString: mk_openblas_config()))),
            Entry(title: "OpenBLAS core", key: "openblas_core", value: .string(kernels.core)),
            Entry(title: "Chosen by", key: "openblas_core_chosen_by", value: .string(kernels.chooser)),
            Entry(title: "OpenBLAS threads", key: "openblas_threads", value: .int(Int(mk_openblas_threads()))),
            Entry(title: "zlib", key: "zlib", value: .string(Compression.zlibVersion)),
            Entry(title: "CPU", key: "cpu", value: .string(String(cString: mk_cpu_model()))),
            Entry(title: "SIMD of the CPU", key: "simd_cpu", value: .string(SIMDLevel.cpu.rawValue)),
            Entry(title: "SIMD of the loops", key: "simd", value: .string(Settings.simdLevel.rawValue)),
            Entry(title: "Product engine", key: "product_engine", value: .string(Settings.productEngine.rawValue)),
            Entry(title: "Policies of bfloat16", key: "bfloat16", value: .string(DTypePolicy.speedNote(for: .bfloat16) ?? "fast")),
            Entry(title: "Policies of float16", key: "float16", value: .string(DTypePolicy.speedNote(for: .float16) ?? "fast")),
            Entry(title: "bfloat16 engine", key: "bfloat16_engine", value: .string(Settings.usesBfloat16Instructions ? "native" : "portable")),
            Entry(title: "Products checked", key: "products_checked", value: .int(products.count)),
            Entry(title: "Cores", key: "cores_machine", value: .int(Int(mk_machine_cpus()))),
            Entry(title: "Cores usable", key: "cores_usable", value: .int(Int(mk_usable_cpus()))),
            Entry(title: "Threads", key: "threads", value: .int(Settings.threadCount)),
            Entry(title: "Denormals", key: "denormals", value: .string(Settings.flushesDenormals ? "flush" : "keep")),
            Entry(
                title: "Memory (MiB)", key: "memory_mib",
                value: .int(Int(ProcessInfo.processInfo.physicalMemory / 1_048_576))),
            Entry(
                title: "Devices", key: "devices",
                value: .string(Device.all().map(\.description).joined(separator: ", "))),
            Entry(title: "MPI", key: "mpi", value: .string(Self.mpi.built)),
            Entry(title: "mpirun", key: "mpirun", value: Self.mpi.launcher.map { .string($0) } ?? .null),
            Entry(title: "Datasets", key: "datasets", value: .object(datasets)),
            Entry(title: "Environment", key: "environment", value: .object(variables)),
        ]
        var warnings = kernels.warnings
        if Settings.threadCount > Int(mk_usable_cpus()) {
            warnings.append(
                "\(Settings.threadCount) threads share \(mk_usable_cpus()) cores. Unset MARTLET_NUM_THREADS or lower it.")
        }
        if MultiWorkerMirroredStrategy.isAvailable, Self.mpi.launcher == nil {
            warnings.append("Martlet was built with MPI, and no mpirun is in PATH, which martlet run starts: apt-get install openmpi-bin.")
        }
        self.warnings = warnings
    }

    /// Whether several processes can train together: MPI's part in this build, and what starts them.
    private static var mpi: (built: String, launcher: String?) {
        let built = MultiWorkerMirroredStrategy.isAvailable ? "built in" : "not built in (swift build --traits MPI)"
        return (built, findProgram("mpirun"))
    }

    func print() {
        let width = entries.map(\.title.count).max() ?? 0
        for entry in entries {
            say(entry.title + String(repeating: " ", count: width - entry.title.count + 2) + entry.text)
        }
        say()
        for warning in warnings { say("warning: \(warning)") }
        if warnings.isEmpty && products.failures.isEmpty { say("No problems found.") }
    }

    private static func matters(_ name: String) -> Bool {
        ["MARTLET_", "OPENBLAS_", "OMP_", "GOTO_"].contains { name.hasPrefix($0) }
    }

    private static var swiftVersion: String {
        #if compiler(>=6.4)
        "6.4 or later"
        #elseif compiler(>=6.3)
        "6.3"
        #elseif compiler(>=6.2)
        "6.2"
        #else
        "6.1"
        #endif
    }
}

extension JSONValue {
    /// The value as text for people.
    fileprivate var plain: String {
        switch self {
        case .string(let text): text
        case .null: "not here"
        default: serialized()
        }
    }
}
