import Foundation
import TestSupport
import Testing
import Wire

@testable import troupe

@Suite("The name of a coordinator's machine that cannot be resolved")
struct UnknownNameTests {
    @Test("is told at once, and then rarely, however often it is looked up")
    func rarely() {
        for seed in 0..<100 as Range<UInt64> {
            var numbers = Seeded(seed)
            var name = UnknownName("nowhere", of: "tcp://nowhere:7077")
            var now = ContinuousClock.now
            var told: ContinuousClock.Instant?
            for _ in 0..<200 {
                let sentence = name.fail("name or service not known", at: now)
                let isDue = told.map { now - $0 >= UnknownName.silence } ?? true
                #expect((sentence != nil) == isDue, "seed \(seed)")
                if let sentence {
                    told = now
                    #expect(
                        sentence.hasPrefix(
                            "The name 'nowhere' in tcp://nowhere:7077 cannot be resolved: name or service not known. "
                        )
                    )
                }
                now += .milliseconds(numbers.integer(0...60_000))
            }
        }
    }

    @Test("is found for this machine, and for numbers without asking anybody")
    func lookUp() throws {
        for place in ["127.0.0.1:1", "[::1]:1", "localhost:1"] {
            #expect(try Address("tcp://\(place)").lookUp() == nil)
        }
        #expect(try Address("ipc:///tmp/place").lookUp() == nil)
        #expect(try Address("tcp://no-such-host.invalid:1").lookUp()?.isEmpty == false)
        // As a name that has no other address; nobody would connect to it.
        #expect(Address.tcp(host: "::1", port: 1).lookUp()?.isEmpty == false)
    }

    @Test("is told by a worker, which goes on trying")
    func worker() async throws {
        let address = "tcp://no-such-host.invalid:7077"
        let worker = try RunningCommand(["worker", "--connect", address, "--insecure"], in: Folder())
        try await worker.says("Warning: The name 'no-such-host.invalid' in \(address) cannot be resolved: ")
        #expect(worker.isRunning)
        worker.send(SIGTERM)
        #expect(try await worker.ended().code == 0)
    }
}
