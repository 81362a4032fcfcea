import Foundation

/// One run of the command `troupe` as a process of its own.
struct CommandRun {
    /// What it returned; 128 + n when signal n ended it.
    let code: Int32
    /// What it wrote on standard output.
    let output: String
    /// What it wrote on standard error.
    let errors: String

    /// The command that was built together with the tests.
    static let program: String = {
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let tests = URL(fileURLWithPath: link ?? CommandLine.arguments[0])
        return tests.deletingLastPathComponent().appendingPathComponent("troupe").path
    }()

    /// Runs the command to its end.
    ///
    /// - Parameters:
    ///   - arguments: What stands after `troupe`.
    ///   - folder: Where it is run.
    ///   - started: Is given the process as soon as it runs.
    /// - Throws: when it cannot be started, and what `started` throws.
    init(
        _ arguments: [String],
        in folder: Folder,
        started: @escaping @Sendable (RunningCommand) async throws -> Void = { _ in }
    ) async throws {
        let command = try RunningCommand(arguments, in: folder)
        try await started(command)
        self = try await command.ended()
    }

    init(code: Int32, output: String, errors: String) {
        self.code = code
        self.output = output
        self.errors = errors
    }
}

/// The command `troupe` while it runs.
final class RunningCommand: @unchecked Sendable {
    // `Process` is used from one task at a time: the test's.
    private let process = Process()
    private let folder: Folder
    private let name: String
    private let endings: AsyncStream<Int32>

    init(_ arguments: [String], in folder: Folder) throws {
        self.folder = folder
        name = ".run-\(UUID().uuidString)"
        process.executableURL = URL(fileURLWithPath: CommandRun.program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        // Into files, not pipes: nobody has to read them while it runs.
        for end in ["output", "errors"] { try folder.write("", to: "\(name).\(end)") }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: "\(folder.path)/\(name).output")
        process.standardError = FileHandle(forWritingAtPath: "\(folder.path)/\(name).errors")
        let (endings, ended) = AsyncStream<Int32>.makeStream()
        self.endings = endings
        process.terminationHandler = { process in
            ended.yield((process.terminationReason == .uncaughtSignal ? 128 : 0) + process.terminationStatus)
            ended.finish()
        }
        try process.run()
    }

    /// The process's number.
    var id: Int32 { process.processIdentifier }

    /// What it has written on standard error so far.
    var errors: String {
        get throws { try String(decoding: folder.bytes(of: "\(name).errors"), as: UTF8.self) }
    }

    /// Waits until standard error holds a text.
    ///
    /// - Returns: false when the process ended without it.
    func says(_ text: String) async throws -> Bool {
        while true {
            let isRunning = process.isRunning
            if try errors.contains(text) { return true }
            if !isRunning { return false }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Sends a signal.
    func send(_ signal: Int32) { kill(id, signal) }

    /// Waits for the end.
    func ended() async throws -> CommandRun {
        var code: Int32 = -1
        for await ending in endings { code = ending }
        let output = try String(decoding: folder.bytes(of: "\(name).output"), as: UTF8.self)
        let errors = try errors
        for end in ["output", "errors"] { try FileManager.default.removeItem(atPath: "\(folder.path)/\(name).\(end)") }
        return CommandRun(code: code, output: output, errors: errors)
    }
}
