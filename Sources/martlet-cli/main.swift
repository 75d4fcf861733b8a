import ArgumentParser
import Martlet

do {
    var command = try MartletCommand.parseAsRoot()
    try command.run()
} catch let error as MartletError {
    fail(error)
} catch {
    // The parser's own: help, versions, usage errors.
    finish(error)
}
