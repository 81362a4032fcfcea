import Foundation
import Synchronization

/// This program once more, as a child of this process. It sees the end of its standard input when this process is gone,
/// however that happened.
final class ChildProcess: Sendable {
    /// `@unchecked`: after `init` only the lock's holder touches the process.
    private struct Child: @unchecked Sendable {
        let process: Process
        let input: Pipe
    }

    private let child: Mutex<Child>
    private let endings: AsyncStream<String>

    /// Starts it.
    ///
    /// - Throws: when the system has no room for another process.
    init(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(
            fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: Self.own)
        )
        process.arguments = arguments
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        let (endings, ended) = AsyncStream<String>.makeStream()
        process.terminationHandler = { process in
            let number = process.terminationStatus
            ended.yield(process.terminationReason == .exit ? "returned \(number)" : "was ended by signal \(number)")
            ended.finish()
        }
        try process.run()
        self.endings = endings
        child = Mutex(Child(process: process, input: input))
    }

    /// Waits until it has ended. When the surrounding task is cancelled, it is given a moment to end by itself, and is then
    /// killed.
    ///
    /// - Returns: how it ended, as `was ended by signal 9`.
    func ended() async -> String {
        await withTaskCancellationHandler {
            var how = "ended"
            // Not cancelled with the task: the child must be waited for.
            for await ending in endings { how = ending }
            return how
        } onCancel: {
            DispatchQueue.global().asyncAfter(deadline: .now() + 2) { [self] in
                child.withLock { child in
                    if child.process.isRunning { kill(child.process.processIdentifier, SIGKILL) }
                }
            }
        }
    }

    private static let own = "/proc/self/exe"
}
