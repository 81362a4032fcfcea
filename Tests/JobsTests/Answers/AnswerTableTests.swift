import Testing

@testable import Jobs

@Suite("A table of answers")
struct AnswerTableTests {
    @Test("has a line for each row below the names of its columns")
    func lines() {
        #expect(AnswerTable(columns: ["class"], rows: [["yes"], ["no"]]).csv == "class\nyes\nno\n")
        #expect(AnswerTable(columns: ["a", "b"], rows: [["1", "0.5"]]).csv == "a,b\n1,0.5\n")
        #expect(AnswerTable(columns: ["class"], rows: []).csv == "class\n")
    }

    @Test("puts cells between quotes that would be read as something else")
    func quotes() {
        let cells = ["a,b", "say \"x\"", "two\nlines", " padded"]
        #expect(
            AnswerTable(columns: ["class"], rows: cells.map { [$0] }).csv
                == "class\n\"a,b\"\n\"say \"\"x\"\"\"\n\"two\nlines\"\n\" padded\"\n"
        )
    }
}
