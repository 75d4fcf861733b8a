import ArgumentParser
import Martlet

prepareProcess()
do {
    // The parser keeps its own copy of the arguments; scripts/fork-server.c runs this again with others.
    var command = try MartletCommand.parseAsRoot(Array(CommandLine.arguments.dropFirst()))
    try command.run()
    try checkStandardOutput()
} catch {
    finish(error)
}
