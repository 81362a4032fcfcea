import Foundation
import Jobs
import Synchronization

/// Shows progress on standard error: a bar that is drawn again and again in a terminal, else a line for each tenth.
final class ProgressDisplay: Sendable {
    private let isTerminal: Bool
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    private struct State {
        var progress: TrainingProgress
        var drawnAt: ContinuousClock.Instant?
        var tenthsTold = 0
    }

    /// Shows where training begins.
    init(_ progress: TrainingProgress) {
        isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
        state = Mutex(State(progress: progress))
        if isTerminal { update(progress) }
    }

    /// Shows how far training is.
    func update(_ progress: TrainingProgress) {
        state.withLock { state in
            state.progress = progress
            let now = ContinuousClock.now
            let line = ProgressLine(progress: progress, elapsed: now - start)
            let isLast = progress.done == progress.total
            if isTerminal {
                // More often than the eye sees would only cost.
                if let drawn = state.drawnAt, now - drawn < .milliseconds(50), !isLast { return }
                state.drawnAt = now
                write("\r\(line.bar(width: Self.terminalWidth))\u{1b}[K")
            } else {
                let tenths = progress.total == 0 ? 0 : 10 * progress.done / progress.total
                guard tenths > state.tenthsTold else { return }
                state.tenthsTold = tenths
                write(line.description + "\n")
            }
        }
    }

    /// Leaves the bar as it is and goes to the next line.
    func finish() {
        if isTerminal { write("\n") }
    }

    private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

    private static var terminalWidth: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
