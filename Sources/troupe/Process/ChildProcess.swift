import Foundation
import Jobs
import Synchronization

/// This program once more, as a child of this process. It sees the end of its standard input when this process is gone,
/// however that happened.
final class ChildProcess: Sendable {
    /// `@unchecked`: after `init` only the lock's holder touches the process.
    private struct Child: @unchecked Sendable {
        let process: Process
        let input: FileHandle
        /// The most memory that it was seen to use.
        var seenBytes: Int?
    }

    private let child: Mutex<Child>
    private let endings: AsyncStream<ChildEnding.Kind>
    /// How many processes the kernel had killed for want of memory when this one began.
    private let killsBefore = ProcessMemory.killCount

    /// Starts it.
    ///
    /// - Throws: `Refusal` when the system has no room for another process.
    init(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(
            fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: Self.own)
        )
        process.arguments = arguments
        // Closed in other children from the start, which a pipe is not: they would keep this one alive.
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(kind), 0, &ends) == 0 else {
            throw Self.noRoom(String(cString: strerror(errno)))
        }
        let input = FileHandle(fileDescriptor: ends[0], closeOnDealloc: false)
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        let (endings, ended) = AsyncStream<ChildEnding.Kind>.makeStream()
        process.terminationHandler = { process in
            let number = Int(process.terminationStatus)
            ended.yield(process.terminationReason == .exit ? .returned(number) : .signal(number))
            ended.finish()
        }
        self.endings = endings
        child = Mutex(Child(process: process, input: FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)))
        defer { close(ends[0]) }
        do {
            try process.run()
        } catch {
            throw Self.noRoom(error.localizedDescription)
        }
    }

    /// Its number.
    var id: Int32 { child.withLock(\.process.processIdentifier) }

    /// Waits until it has ended. When the surrounding task is cancelled, its standard input ends; if it then does not end
    /// by itself, it is killed.
    ///
    /// - Returns: how it ended.
    func ended() async -> ChildEnding {
        // In a task of its own, which is not cancelled with this one: the child must be waited for.
        let ending = Task { [endings] in
            for await ending in endings { return ending }
            return ChildEnding.Kind.returned(0)
        }
        // When it is gone, nobody tells how much memory it used.
        let looks = DispatchSource.makeTimerSource(queue: .global(qos: .utility))
        looks.schedule(deadline: .now() + Self.lookPause, repeating: Self.lookPause)
        looks.setEventHandler { [self] in
            child.withLock { child in
                child.seenBytes = ProcessMemory.peakBytes(of: child.process.processIdentifier) ?? child.seenBytes
            }
        }
        looks.activate()
        defer { looks.cancel() }
        return await withTaskCancellationHandler {
            let kind = await ending.value
            let kills = ProcessMemory.killCount
            return ChildEnding(
                kind: kind,
                seenBytes: child.withLock(\.seenBytes),
                isShortOfMemory: kills != nil && kills != killsBefore
            )
        } onCancel: {
            child.withLock { try? $0.input.close() }
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { [self] in
                child.withLock { child in
                    if child.process.isRunning { kill(child.process.processIdentifier, SIGKILL) }
                }
            }
        }
    }

    private static func noRoom(_ reason: String) -> Refusal {
        Refusal("No worker process can be started: \(reason). Ask for fewer with --workers.")
    }

    private static let own = "/proc/self/exe"
    /// Seconds.
    private static let patience = 2.0
    private static let lookPause = 0.5
}
