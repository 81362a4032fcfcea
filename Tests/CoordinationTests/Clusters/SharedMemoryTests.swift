import Foundation
import Tasks
import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

extension Clusters {
    @Suite("Processes of one machine")
    struct SharedMemoryTests {
        @Test("map one file, and leave none behind", arguments: Place.allCases)
        func oneFile(place: Place) async throws {
            let folder = try Folder()
            let crew = try await Crew(at: place, hostBlobs: HostBlobs(folder: "\(folder.path)/shared"))
            let workers = try ["a", "b"].map { try crew.work(as: $0) }
            let count = HostBlobs.smallest
            let table = Example.vector(count)
            let program = try Program.trace([Port("x", table.type), Port("i", TensorType(.f32, []))]) {
                ["y": ($0[0] * $0[1]).sum()]
            }
            do {
                let shared = try await crew.coordinator.share(table)
                #expect(try folder.names(in: "shared") == ["\(shared.hash)"])
                let coordinator = crew.coordinator
                let sums = try await within(.seconds(20)) {
                    try await coordinator.run(
                        program,
                        each: (0..<8).map {
                            Work(.round($0), inputs: [.handle(shared), .value(TensorValue(scalar: Float($0)))])
                        }
                    )
                }
                #expect(try folder.names(in: "shared") == ["\(shared.hash)"])
                let maps = MemoryMaps.lines(naming: shared.hash.description)
                #expect((2...3).contains(maps.count), "of the coordinator and each worker that did something")
                #expect(Set(maps.map { $0[4] }).count == 1, "by the number of the file")
                withExtendedLifetime(shared) {}
                let inline = InlineCluster()
                for (index, sum) in sums.enumerated() {
                    let scale = TensorValue(scalar: Float(index))
                    let expected = try await inline.run(
                        program,
                        Work(.round(index), inputs: [.value(table), .value(scale)])
                    )
                    #expect(try await sum["y"].value == expected["y"].value)
                }
            }
            await crew.coordinator.stop()
            for worker in workers { try await worker.value(within: .seconds(10)) }
            #expect(await eventually(within: .seconds(5)) { (try? folder.names().isEmpty) ?? false })
        }

        /// Without what is done beside the sockets' threads it takes a dozen tries, since to hash so much takes longer than a
        /// worker may be silent. Takes 13 GB of memory.
        @Test(
            "a table of 4 GiB is looked for and checked while the workers are heard",
            .enabled(if: ProcessInfo.processInfo.environment["TROUPE_SLOW"] != nil, "TROUPE_SLOW is not set")
        )
        func silence() async throws {
            let folder = try Folder()
            let crew = try await Crew(at: .tcp, hostBlobs: HostBlobs(folder: "\(folder.path)/shared"))
            let workers = try ["a", "b"].map { try crew.work(as: $0) }
            let count = 1 << 30
            let program = try Program.trace([Port("x", TensorType(.f32, [count]))]) { ["y": $0[0].sum()] }
            let table = TensorValue([Float](repeating: 0, count: count), shape: [count])
            let output = try await crew.coordinator.run(program, Work(.named("sum"), inputs: [.value(table)]))
            #expect(try await output["y"].value.floats == [0])
            await crew.coordinator.stop()
            for worker in workers { try await worker.value(within: .seconds(10)) }
            var reasons: [String] = []
            for await case .left(_, let reason, _) in crew.events {
                reasons.append(reason)
                if reasons.count == workers.count { break }
            }
            #expect(reasons.allSatisfy { !$0.contains("nothing was heard") }, "\(reasons)")
        }
    }
}
