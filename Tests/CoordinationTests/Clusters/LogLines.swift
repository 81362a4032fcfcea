import Logging
import Synchronization

/// What was logged.
final class LogLines: Sendable {
    private let seen = Mutex<[String]>([])

    var lines: [String] { seen.withLock { $0 } }

    /// A log whose warnings and errors are kept here.
    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(lines: self) }
        logger.logLevel = .warning
        return logger
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var logLevel = Logger.Level.warning
        var metadata: Logger.Metadata = [:]

        init(lines: LogLines) { self.lines = lines }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.seen.withLock { $0.append("\(event.message)") } }
    }
}
