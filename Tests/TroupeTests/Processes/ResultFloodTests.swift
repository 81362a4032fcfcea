import Coordination
import Foundation
import Synchronization
import Tasks
import Tensors
import TestSupport
import Testing

/// Many large results at once. `TROUPE_SLOW=1` runs it, since it takes half a minute and some gigabytes.
@Suite(
    "Results in a flood",
    .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["TROUPE_SLOW"] != nil, "TROUPE_SLOW is not set")
)
struct ResultFloodTests {
    private final class Peak: Sendable {
        let bytes = Mutex(0)
    }

    /// Bytes of this process that no file stands behind.
    private static func ownBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) << 10
    }

    @Test("64 results of 16 MiB that come at once stay with their workers until there is room")
    func flood() async throws {
        let folder = try Folder()
        let count = 64
        let elements = 4 << 20
        let program = try Program.trace([Port("x", TensorType(.f32, []))]) { inputs in
            ["y": inputs[0].broadcast(to: [elements])]
        }
        let ledger = try Ledger(folder: folder.path, job: program.hash)
        let coordinator = try Coordinator(ledger: ledger)
        let address = try await coordinator.listen(at: "tcp://127.0.0.1:*")
        let workers = try (0..<8).map { _ in
            try RunningCommand(["worker", "--connect", address, "--slots", "8"], in: folder)
        }
        let before = try Self.ownBytes()
        let peak = Peak()
        let start = ContinuousClock.now
        let handles = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    let own = try Self.ownBytes() - before
                    peak.bytes.withLock { $0 = max($0, own) }
                    try? await Task.sleep(for: .milliseconds(5))
                }
            }
            defer { group.cancelAll() }
            return try await coordinator.map(program, over: 0..<count) { number in
                Tasks.Work(.round(number), inputs: [.value(TensorValue(scalar: Float(number)))], keeping: .recorded)
            }
        }
        let time = ContinuousClock.now - start
        let value = try await handles[5]["y"].value
        #expect(value.floats.allSatisfy { $0 == 5 })
        await coordinator.stop()
        for worker in workers { #expect(try await worker.ended().code == 0) }
        let most = peak.bytes.withLock { $0 } >> 20
        #expect(most < 256, "MiB of the coordinator")
        print("\(count) results of 16 MiB: \(time), at most \(most) MiB of its own besides mapped files")
    }
}
