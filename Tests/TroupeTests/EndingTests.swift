import Coordination
import Testing

@testable import troupe

@Suite("How a command ends")
struct EndingTests {
    @Test("a run that was broken off says that it goes on, unless it would break off again in the same place")
    func unfinished() {
        let advice = "What is done is kept: the same command goes on from there, and --fresh starts again."
        let full = LedgerError.failed(path: "m/ledger.sqlite", reason: "disk full")
        #expect(Ending(of: UnfinishedRun(cause: full)).code == 1)
        #expect(
            Ending(of: UnfinishedRun(cause: full)).message == """
                Error: m/ledger.sqlite cannot be used: disk full. See to it that there is room and that it may be written. \
                \(advice)
                """
        )
        let damaged = LedgerError.damaged(path: "m/ledger.sqlite", what: "the snapshot 'meta'")
        #expect(Ending(of: UnfinishedRun(cause: damaged)).code == 1)
        #expect(
            Ending(of: UnfinishedRun(cause: damaged)).message == """
                Error: m/ledger.sqlite: the snapshot 'meta' is damaged. Restore the file from a copy, or start again with \
                --fresh.
                """
        )
    }
}
