import Coordination
import Foundation
import Logging
import Tasks
import Tensors
import TestSupport
import Testing

/// Workers that are processes of another machine than the coordinator's, as far as they can tell: they have another folder for
/// what the processes of a machine share.
@Suite("Workers of one host", .serialized, .timeLimit(.minutes(2)))
struct HostFetchTests {
    private static let names = ["a", "b", "c", "d"]
    /// Bytes of the table that all of them need.
    private static let tableBytes = 24 << 20

    /// What it came to.
    private struct Outcome {
        /// Bytes that the coordinator has sent.
        let sent: Int
        let events: [ClusterEvent]

        /// Tries that ended without a result. Where all is slow, a task may also be raced by a second try, which is none.
        var failures: [ClusterEvent] { events.filter { if case .failed = $0 { true } else { false } } }
    }

    /// Has each worker need the table at once.
    ///
    /// - Parameters:
    ///   - isWritable: Whether the workers have a place to share.
    ///   - disturb: Is given the one that fetches the table, once it does.
    /// - Returns: what it came to.
    /// - Throws: `TimedOut`, and what `disturb` throws.
    private func run(
        isWritable: Bool = true,
        disturb: @escaping @Sendable (RunningCommand) async throws -> Void = { _ in }
    ) async throws -> Outcome {
        let folder = try Folder()
        let story = Story()
        let log = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
        let coordinator = try Coordinator(settings: CoordinatorSettings(), log: log) { story.add($0) }
        let address = try await coordinator.listen(at: "tcp://127.0.0.1:*")
        let port = try #require(address.split(separator: ":").last.flatMap { UInt16($0) })
        let relay = try TCPRelay(to: port, rate: 16 << 20)
        let workers = try Self.names.map { name in
            try RunningCommand(
                ["worker", "--connect", "tcp://127.0.0.1:\(relay.port)", "--name", name],
                in: folder,
                environment: ["TMPDIR": isWritable ? folder.path : "\(folder.path)/none"]
            )
        }
        try await story.wait("all workers to join") { events in
            Self.names.allSatisfy { name in events.contains { $0.isArrival(of: name) } }
        }
        let count = Self.tableBytes / 4
        let table = TensorValue((0..<count).map { Float($0 % 1_000) }, shape: [count])
        let program = try Program.trace([Port("x", table.type), Port("i", TensorType(.f32, []))]) {
            ["y": ($0[0] * $0[1]).sum()]
        }
        let shared = try await coordinator.share(table)
        let before = relay.byteCount
        let tasks = (0..<8).map {
            Work(.round($0), inputs: [.handle(shared), .value(TensorValue(scalar: Float($0)))])
        }
        async let results = coordinator.run(program, each: tasks)
        if isWritable { try await disturb(fetcher(among: workers)) }
        let sums = try await results
        let inline = InlineCluster()
        for (index, sum) in sums.enumerated() {
            let inputs: [TaskInput] = [.value(table), .value(TensorValue(scalar: Float(index)))]
            let expected = try await inline.run(program, Work(.round(index), inputs: inputs))
            #expect(try await sum["y"].value == expected["y"].value)
        }
        let sent = relay.byteCount - before
        withExtendedLifetime(shared) {}
        await coordinator.stop()
        for worker in workers {
            worker.send(SIGTERM)
            worker.send(SIGCONT)
        }
        for worker in workers { try await eventually("the end of a worker") { !worker.isRunning } }
        withExtendedLifetime(relay) {}
        let left = try folder.names().filter { !$0.hasPrefix(".run-") }
        let marks = left.flatMap { (try? folder.names(in: $0)) ?? [] }.filter { $0.contains(".mark") }
        #expect(marks.isEmpty, "\(marks)")
        return Outcome(sent: sent, events: story.events)
    }

    /// The worker that has marked the table: the one that has the mark's file open, however often one looks.
    ///
    /// - Throws: `TimedOut`.
    private func fetcher(among workers: [RunningCommand]) async throws -> RunningCommand {
        var (found, times) = (Int32(0), 0)
        try await eventually("a worker that fetches") {
            let holders = workers.map(\.id).filter { id in
                let files = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd")) ?? []
                return files.contains { file in
                    let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/fd/\(file)")
                    return path?.hasSuffix(".mark0") ?? false
                }
            }
            guard holders.count == 1 else { return false }
            times = holders[0] == found ? times + 1 : 1
            found = holders[0]
            return times == 5
        }
        return try #require(workers.first { $0.id == found })
    }

    @Test("fetch what all of them need once")
    func once() async throws {
        let outcome = try await run()
        #expect(outcome.sent >= Self.tableBytes && outcome.sent < Self.tableBytes * 5 / 4, "\(outcome.sent)")
        #expect(outcome.failures.isEmpty, "\(outcome.events)")
        let users = Set(outcome.events.compactMap { if case .finished(_, let name, _) = $0 { name } else { nil } })
        #expect(users.count > 1, "\(outcome.events)")
    }

    @Test("go on when the one that fetches is killed: another one fetches")
    func killed() async throws {
        let outcome = try await run { $0.send(SIGKILL) }
        #expect(outcome.sent < Self.tableBytes * 9 / 4, "\(outcome.sent)")
        #expect(outcome.events.count { if case .left = $0 { true } else { false } } >= 1, "\(outcome.events)")
    }

    @Test("go on when the one that fetches is frozen: another one fetches")
    func frozen() async throws {
        let outcome = try await run { $0.send(SIGSTOP) }
        #expect(outcome.sent < Self.tableBytes * 9 / 4, "\(outcome.sent)")
    }

    @Test("fetch each for itself where they have no place to share")
    func unwritable() async throws {
        let outcome = try await run(isWritable: false)
        #expect(outcome.sent > Self.tableBytes * 7 / 4, "\(outcome.sent)")
        #expect(outcome.failures.isEmpty, "\(outcome.events)")
    }
}
