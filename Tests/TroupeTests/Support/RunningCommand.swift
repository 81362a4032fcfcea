import Foundation
import Synchronization
import TestSupport

/// The command `troupe` while it runs. It is killed when nobody holds it any more.
final class RunningCommand: @unchecked Sendable {
    // The process is set up in `init`; afterwards it is only asked for its number.
    private let process = Process()
    private let folder: Folder
    private let name: String
    private let ending = Mutex<Int32?>(nil)

    /// Starts the command.
    ///
    /// - Parameters:
    ///   - arguments: What stands after `troupe`.
    ///   - folder: Where it is run.
    ///   - environment: Variables that it has besides ours.
    ///   - shell: What a shell does before it becomes the command, such as setting limits.
    ///   - terminal: What its standard error is, if not a file.
    ///   - network: The network namespace that it is in, if not ours.
    /// - Throws: when it cannot be started.
    init(
        _ arguments: [String],
        in folder: Folder,
        environment: [String: String] = [:],
        shell: String? = nil,
        terminal: FileHandle? = nil,
        network: String? = nil
    ) throws {
        self.folder = folder
        name = ".run-\(UUID().uuidString)"
        process.executableURL = URL(fileURLWithPath: CommandRun.program)
        process.arguments = arguments
        if let shell {
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "\(shell); exec \"$0\" \"$@\"", CommandRun.program] + arguments
        }
        if let network {
            // Each of these becomes the next one, so that the number stays.
            let words = ["PATH=\"$PATH:/usr/sbin:/sbin\";", "exec ip netns exec", network, "\"$0\" \"$@\""]
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", words.joined(separator: " "), CommandRun.program] + arguments
        }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        // Into files, not pipes: nobody has to read them while it runs.
        for end in ["output", "errors"] { try folder.write("", to: "\(name).\(end)") }
        let files = ["output", "errors"].map { FileHandle(forWritingAtPath: "\(folder.path)/\(name).\($0)") }
        // Foundation keeps them as long as this process lives.
        defer { for file in files { try? file?.close() } }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = files[0]
        process.standardError = terminal ?? files[1]
        process.terminationHandler = { [weak self] process in
            let code = (process.terminationReason == .uncaughtSignal ? 128 : 0) + process.terminationStatus
            self?.ending.withLock { $0 = code }
        }
        try process.run()
    }

    deinit { send(SIGKILL) }

    /// The process's number.
    var id: Int32 { process.processIdentifier }

    /// What it has written on standard error so far.
    var errors: String {
        get throws { try String(decoding: folder.bytes(of: "\(name).errors"), as: UTF8.self) }
    }

    /// Whether it has not ended.
    var isRunning: Bool { code == nil }

    /// What it returned; 128 + n when signal n ended it, nil while it runs.
    var code: Int32? { ending.withLock { $0 } }

    /// Its child processes.
    var children: [Int32] { isRunning ? ProcessTable.children(of: id) : [] }

    /// Waits until standard error holds a text.
    ///
    /// - Throws: `TimedOut`, with what it says, when the process ends without it or takes too long.
    func says(_ text: String, within limit: Duration = .seconds(30)) async throws {
        try await eventually("'\(text)' in \(errorsOrNothing)", within: limit) {
            let isRunning = isRunning
            if try errors.contains(text) { return true }
            guard isRunning else { throw TimedOut("it ended without '\(text)': \(errorsOrNothing)") }
            return false
        }
    }

    private var errorsOrNothing: String { (try? errors) ?? "" }

    /// Sends a signal, if it runs.
    func send(_ signal: Int32) {
        // One that could not be started has the number 0, which stands for this process and all of its group.
        ending.withLock { if $0 == nil, id > 0 { _ = kill(id, signal) } }
    }

    /// Waits for the end.
    ///
    /// - Throws: `TimedOut`.
    func ended(within limit: Duration = .seconds(60)) async throws -> CommandRun {
        try await eventually("the end of \(process.arguments ?? []): \(errorsOrNothing)", within: limit) { !isRunning }
        let code = code ?? -1
        let output = try String(decoding: folder.bytes(of: "\(name).output"), as: UTF8.self)
        let errors = try errors
        for end in ["output", "errors"] { try FileManager.default.removeItem(atPath: "\(folder.path)/\(name).\(end)") }
        return CommandRun(code: code, output: output, errors: errors)
    }
}
