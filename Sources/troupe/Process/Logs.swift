import ArgumentParser
import Foundation
import Logging

/// What is logged on standard error.
struct LogOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Say on standard error what happens, with workers and tasks.")
    var verbose = false

    /// Sets the level of every log in this process.
    ///
    /// - Parameter quiet: What is told without being asked for.
    func apply(quiet: Logger.Level = .warning) {
        let level = verbose ? Logger.Level.debug : quiet
        LoggingSystem.bootstrap { LineLog(label: $0, logLevel: level) }
    }
}

/// Logs lines on standard error, above a bar.
struct LineLog: LogHandler {
    let label: String
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { StandardError.say(line(event.level, "\(event.message)", at: .now)) }

    /// `18:04:51.250 coordinator: …`, in universal time, and `Warning: …` for what is told without being asked for.
    func line(_ level: Logger.Level, _ message: String, at time: Date) -> String {
        let word =
            switch level {
            case .warning: "Warning: "
            case .error, .critical: "Error: "
            default: ""
            }
        guard logLevel < .warning else { return word + message }
        let second = time.formatted(Date.ISO8601FormatStyle().time(includingFractionalSeconds: true))
        return "\(second) \(label.replacing("troupe.", with: "")): \(word)\(message)"
    }
}
