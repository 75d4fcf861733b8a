import ArgumentParser
import Martlet

prepareProcess()
do {
    var command = try MartletCommand.parseAsRoot()
    try command.run()
    try checkStandardOutput()
} catch {
    finish(error)
}
