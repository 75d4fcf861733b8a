import ArgumentParser
import Martlet

do {
    var command = try MartletCommand.parseAsRoot()
    try command.run()
} catch let error as MartletError {
    fail(error)
} catch {
    // Errors of the argument parser: help, versions, usage errors.
    finish(error)
}
