import Glibc
import Synchronization
import Tensors

/// What is said on the way to what the user asked for: lines, and in a terminal a bar below them. Whatever stands in them, be
/// it the name of a file or the text of a job, cannot steer the terminal.
///
/// Nobody who says something waits for a reader: one that is stuck costs lines, not time.
enum StandardError {
    private static let bar = Mutex("")
    private static let output = PatientOutput(STDERR_FILENO)

    /// Writes a line at once, or as soon as there is room for it.
    static func say(_ line: some CustomStringConvertible) {
        let line = "\(line)".printableLines
        bar.withLock { bar in output.write(bar.isEmpty ? "\(line)\n" : "\r\(clear)\(line)\n\(bar)") }
    }

    /// Draws a bar in place of the last one; what is said from now on stands above it.
    static func draw(_ line: String) {
        let line = line.printable
        bar.withLock { bar in
            bar = line
            // The next one is worth more than one that comes late.
            if !output.isBehind { output.write("\r\(line)\(clear)") }
        }
    }

    /// Leaves the bar, if there is one, where it is, and goes to the next line.
    static func leaveBar() {
        bar.withLock { bar in
            guard !bar.isEmpty else { return }
            bar = ""
            output.write("\n")
        }
    }

    /// Gives a slow reader a moment for what was said last, before the process ends.
    static func flush() { output.flush() }

    /// Erases from the cursor to the end of the line.
    private static let clear = "\u{1b}[K"
}

/// What the user asked for; everything else is said on standard error.
enum StandardOutput {
    /// Writes a line for people at once, so that a reader at the other end of a pipe has it when it is said; see `write`.
    static func say(_ line: some CustomStringConvertible) { write("\(line)".printableLines + "\n") }

    /// Writes text as it is. Ends the process when that is not possible, since what was asked for is then not to be had.
    static func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = Glibc.write(STDOUT_FILENO, Array(rest), rest.count)
            if count < 0 {
                switch errno {
                case EINTR: continue
                // A reader that has gone away wants no more.
                case EPIPE: return
                default:
                    StandardError.say("Error: Standard output cannot be written: \(String(cString: strerror(errno))).")
                    StandardError.flush()
                    exit(1)
                }
            }
            rest = rest.dropFirst(count)
        }
    }
}
