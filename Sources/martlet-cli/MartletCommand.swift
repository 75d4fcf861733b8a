import ArgumentParser
import Foundation
import Martlet

/// The command `martlet`.
struct MartletCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Train neural networks in Swift, with Keras's interface and reproducible results.",
        discussion: """
            Start here:
              martlet demo --data digits  trains on handwritten digits, in seconds
              martlet demo                trains on Fashion-MNIST
              martlet doctor              reports what slows this machine down

            With a model that Keras or Martlet saved:
              martlet summary model.keras
              martlet predict model.keras --x x.npy -o y.npy
              martlet evaluate model.keras --x x.npy --y y.npy
              martlet fit model.keras --x x.npy --y y.npy --epochs 5 --save trained.keras
              martlet run -n 4 -- martlet fit model.keras --x x.npy --y y.npy
              martlet tune model.keras --space space.json --x x.npy --y y.npy --trials 50
              martlet export model.keras --to model.tflite
              martlet import model.onnx --to model.keras

            With a folder of images for each class, a CSV file, or TFRecord files:
              martlet data flowers
              martlet fit model.keras --data flowers --epochs 5 --save trained.keras

            With the folder of a run, of fit or demo:
              martlet demo --run runs/a
              martlet watch runs/a
              martlet report runs/a runs/b -o comparison.html
              martlet logs runs/a

            The demo writes its curves, logs and weights to a folder.
            The same seed gives the same weights, bit for bit, with any number of
            threads.

            Environment:
              MARTLET_NUM_THREADS  the number of threads, 1 to 256 (default: all cores)
              MARTLET_DATA         a folder with datasets; without it, the usual places
              MARTLET_LOG_LEVEL    trace, debug, info, notice, warning, error, critical
                                   (default: notice)
              MARTLET_DENORMALS    flush or keep numbers below 1e-38 (default: flush)
              MARTLET_GEMM         who multiplies matrices: automatic, own or openblas
                                   (default: automatic)
              MARTLET_BF16         how bfloat16 is multiplied: automatic, native or
                                   portable (default: automatic)
              MARTLET_WINOGRAD     0: no Winograd in 3x3 convolutions (default: 1)
              MARTLET_SIMD         avx512, avx2 or sse2: the highest level used
                                   (default: the CPU's)
              OPENBLAS_CORETYPE    the kernels of OpenBLAS, such as Haswell
              OPENBLAS_NUM_THREADS 1 saves 128 MiB of address space for each core

            Exit codes:
              0    everything that was asked for is written
              1    an error, which the last line on standard error names
              64   a wrong call: an option that is not there or lacks its value, or a
                   value that it cannot have
              130, 143, 129  fit or demo got Ctrl-C, SIGTERM or SIGHUP: it ended its
                   step and wrote the files that were asked for. A second signal ends
                   it at once.
            """,
        version: Settings.version,
        groupedSubcommands: [
            CommandGroup(
                name: "Model",
                subcommands: [
                    SummaryCommand.self, PredictCommand.self, EvaluateCommand.self, FitCommand.self, TuneCommand.self,
                    ExportCommand.self, ImportCommand.self,
                ]),
            CommandGroup(name: "Data", subcommands: [DataCommand.self]),
            CommandGroup(name: "Runs", subcommands: [WatchCommand.self, ReportCommand.self, LogsCommand.self, RunCommand.self]),
            CommandGroup(name: "Other", subcommands: [DemoCommand.self, DoctorCommand.self, CheckONNXCommand.self]),
        ])
}

/// Prints a line at once, even when the output is a pipe. Names in it may be from files.
func say(_ line: String = "") { TextOutput.standardOutput.write(line.printable + "\n") }

/// A JSON object on one line, with its members in the given order.
func jsonLine(_ members: [(String, JSONValue)]) -> String {
    "{" + members.map { "\(JSONValue.string($0).serialized()):\($1.serialized())" }.joined(separator: ",") + "}"
}
