import Foundation
import Testing

@testable import troupe

@Suite("How a child ended")
struct ChildEndingTests {
    @Test("is told in words that name the memory where that may be the reason")
    func words() {
        #expect(ChildEnding(kind: .returned(3), seenBytes: 5 << 20).description == "returned 3")
        #expect(ChildEnding(kind: .signal(15), seenBytes: 5 << 20).description == "was ended by signal 15")
        #expect(ChildEnding(kind: .signal(9)).description == "was killed by signal 9")
        #expect(
            ChildEnding(kind: .signal(9), seenBytes: 812 << 20, isShortOfMemory: true).description
                == "was killed by signal 9, when it had used 812 MiB or more; the kernel does so when memory runs out, and "
                + "just did: give it more, or start fewer workers"
        )
        #expect(
            ChildEnding(kind: .signal(9), seenBytes: 812 << 20).description
                == "was killed by signal 9, when it had used 812 MiB or more"
        )
    }

    @Test("is seen with the kernel's figures")
    func memory() throws {
        let peak = try #require(ProcessMemory.peakBytes(of: getpid()))
        #expect(peak > 1 << 20)
        #expect(ProcessMemory.peakBytes(of: .max) == nil)
        #expect(try #require(ProcessMemory.killCount) >= 0)
    }
}
