/// Where something was written that we read: what an error message points at.
public enum Place: Hashable, Sendable, CustomStringConvertible {
    /// A character of a file, line and column counted from 1.
    case character(file: String, line: Int, column: Int)
    /// A file as a whole.
    case file(String)
    /// An option of the command line, as `--set epochs=3`, and the folder where paths in it begin; nil for the current one.
    case option(String, folder: String?)

    /// As `job.yaml:3:12`, `job.yaml` or `--set epochs=3`.
    public var description: String {
        switch self {
        case .character(let file, let line, let column): "\(file):\(line):\(column)"
        case .file(let file): file
        case .option(let option, _): option
        }
    }
}
