import Execution
import Networks
import Optimizers
import Tasks
import Tensors
import Testing

@testable import Recipes

@Suite("A step of trunk and heads")
struct StepTests {
    @Test("a head's gradients, on the trunk and its own, are central differences of its loss times its weight")
    func differences() throws {
        for (label, weight, masking) in [
            ("height", 1 as Float, Stepping.Masking.some), ("kind", 0.25, .some), ("height", 3, .none),
            ("kind", 1, .none),
        ] {
            let step = try Stepping(label, weight: weight, masking: masking)
            let (trunk, head) = (step.trunk.floats.map(Double.init), step.head.floats.map(Double.init))
            let at = try step.reference(trunk: trunk, head: head)
            let eta = Double(weight)
            for index in trunk.indices {
                let difference = try Self.difference(at: trunk, index) {
                    try step.reference(trunk: $0, head: head).loss
                }
                // Double, a step of 1e-5: third derivatives cost 1e-10 of their size, rounding 1e-11.
                #expect(abs(eta * difference - at.gradient[index]) < 1e-8, "\(label), trunk \(index)")
            }
            for index in head.indices {
                let difference = try Self.difference(at: head, index) {
                    try step.reference(trunk: trunk, head: $0).loss
                }
                // Steps of plain descent at rate 1: the gradient is what the head moved by.
                #expect(abs(eta * difference - (head[index] - at.head[index])) < 1e-8, "\(label), head \(index)")
            }
            let native = try step.run()
            for (n, r) in zip(native.contribution.floats.dropLast(2), at.gradient) {
                #expect(abs(Double(n) - r) < 1e-5)
            }
        }
    }

    @Test("the trunk moves by the sum of the heads' contributions, in their order")
    func sum() throws {
        let steps = try [("height", 1 as Float), ("kind", 0.5), ("height", 0.125)].map {
            try Stepping($0.0, weight: $0.1)
        }
        let trunk = steps[0].trunk
        let contributions = try steps.map { try $0.run().contribution }
        let program = try TrunkStep(trunk: steps[0].learner.trunk).program(heads: 3)
        let outputs = try LocalExecutor().run(program, [trunk] + contributions)
        for (index, moved) in outputs[0].floats.enumerated() {
            let parts = contributions.map { $0.floats[index] }
            let sum = (parts[0] + parts[1]) + parts[2]
            #expect(moved == trunk.floats[index] + sum * -1, "element \(index)")
        }
        #expect(outputs[1].floats == contributions.map { $0.floats[trunk.floats.count] })
        #expect(outputs[2].floats == [1, 1, 1])
    }

    private static func difference(
        at point: [Double],
        _ index: Int,
        of loss: ([Double]) throws -> Double
    ) rethrows
        -> Double
    {
        let step = 1e-5
        func moved(_ by: Double) -> [Double] {
            var moved = point
            moved[index] += by
            return moved
        }
        return (try loss(moved(step)) - loss(moved(-step))) / (2 * step)
    }
}
