import Testing

@testable import troupe

@Suite("The table of predictions")
struct PredictTests {
    @Test("has a line for each row, and shares when they are wanted")
    func table() {
        let classes = ["no", "yes"]
        #expect(Predict.table([1, 0], [0.25, 0.75, 1, 0], of: classes, shares: false) == "class\nyes\nno\n")
        #expect(
            Predict.table([1, 0], [0.25, 0.75, 1, 0], of: classes, shares: true)
                == "class,probability of no,probability of yes\nyes,0.25,0.75\nno,1.0,0.0\n"
        )
        #expect(Predict.table([], [], of: classes, shares: false) == "class\n")
    }

    @Test("puts names between quotes that would be read as something else")
    func quotes() {
        let classes = ["a,b", "say \"x\"", "two\nlines", " padded"]
        #expect(
            Predict.table([0, 1, 2, 3], [], of: classes, shares: false)
                == "class\n\"a,b\"\n\"say \"\"x\"\"\"\n\"two\nlines\"\n\" padded\"\n"
        )
    }
}
