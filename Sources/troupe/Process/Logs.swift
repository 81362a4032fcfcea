import ArgumentParser
import Logging

/// What is logged on standard error.
struct LogOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Say on standard error what happens, with peers and tasks.")
    var verbose = false

    /// Sets the level of every log in this process; warnings are always told.
    func apply() {
        let level = verbose ? Logger.Level.debug : .warning
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
    }
}
