import Tensors
import Testing

@testable import Coordination

@Suite("Brief programs")
struct BriefProgramsTests {
    private let one = Hash(of: [1])
    private let other = Hash(of: [2])
    private let long = BriefPrograms.limit

    @Test("are those that were brief, though they may be delayed once")
    func delays() {
        var programs = BriefPrograms()
        programs.note(one, took: long, isDone: true)
        #expect(!programs.contains(one), "it never was")
        programs.note(one, took: .microseconds(1), isDone: true)
        #expect(programs.contains(one) && !programs.contains(other))
        for _ in 0..<3 {
            programs.note(one, took: long, isDone: true)
            #expect(programs.contains(one), "once is chance")
            programs.note(one, took: .microseconds(1), isDone: true)
        }
        programs.note(one, took: long, isDone: true)
        programs.note(one, took: long, isDone: true)
        #expect(!programs.contains(one), "twice in a row is not")
    }

    @Test("are not those that were stopped early")
    func stopped() {
        var programs = BriefPrograms()
        programs.note(one, took: .zero, isDone: false)
        #expect(!programs.contains(one))
        programs.note(one, took: .zero, isDone: true)
        for _ in 0..<2 { programs.note(one, took: .zero, isDone: false) }
        #expect(!programs.contains(one))
    }
}
