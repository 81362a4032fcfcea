import Foundation
import Tasks
import Tensors
import Testing

@testable import Coordination

extension Clusters {
    @Suite("Lifetimes")
    struct LifetimeTests {
        /// The names of this process's threads that belong to clusters.
        private static func threads() throws -> [String] {
            let folder = "/proc/self/task"
            return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { thread in
                let name = try? String(contentsOfFile: "\(folder)/\(thread)/comm", encoding: .utf8)
                return name?.trimmingCharacters(in: .newlines)
            }.filter { $0 == "coordinator" || $0 == "worker" || $0.hasPrefix("compute") || $0.hasPrefix("ZMQbg") }
        }

        private struct Remains {
            weak var coordinator: Coordinator?
            weak var worker: Worker?
        }

        /// Runs something on a cluster, and lets go of it.
        private static func useCluster(isBusy: Bool) async throws -> (Remains, Handle) {
            let cluster = try await LocalCluster(workers: 2)
            let x = Example.vector(20_000)
            let outputs = try await cluster.run(Example.doubling(20_000), Work(.round(0), inputs: [.value(x)]))
            if isBusy {
                let abandoned = Task { [coordinator = cluster.coordinator] in
                    try await coordinator.run(Example.endless(), Work(.round(1), inputs: [Example.one]))
                }
                _ = await eventually(within: .seconds(10)) { await !cluster.status.running.isEmpty }
                withExtendedLifetime(abandoned) {}
            }
            let remains = Remains(coordinator: cluster.coordinator, worker: cluster.workers[0])
            return (remains, outputs["y"])
        }

        @Test("a cluster that nobody holds ends its threads and is freed, even in the middle of a task")
        func nothingRemains() async throws {
            let isQuiet = try await eventually(within: .seconds(10)) { try Self.threads().isEmpty }
            #expect(isQuiet, "what other tests started has ended")
            for round in 0..<20 {
                var (remains, handle): (Remains, Handle?) = try await Self.useCluster(isBusy: round % 2 == 1)
                // A handle keeps the coordinator, which has stopped.
                await #expect(throws: TaskError.shutDown) { _ = try await handle?.value }
                handle = nil
                let isFreed = await eventually(within: .seconds(10)) {
                    remains.coordinator == nil && remains.worker == nil
                }
                #expect(isFreed, "round \(round)")
                remains = Remains()
            }
            let isEnded = try await eventually(within: .seconds(10)) { try Self.threads().isEmpty }
            let left = try Self.threads()
            #expect(isEnded, "\(left)")
        }
    }
}
