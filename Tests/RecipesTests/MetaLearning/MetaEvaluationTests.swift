import Testing

@testable import Recipes

@Suite("An evaluation of held-out tasks")
struct MetaEvaluationTests {
    @Test("is of the tasks of which all is finite, with means, 95 % intervals and medians")
    func figures() throws {
        // Three tasks, before adaptation and after one step; the last one overflows.
        let evaluation = MetaEvaluation(
            tasks: 3,
            steps: 1,
            losses: [1, 0.5, 3, 1.5, 2, .infinity],
            accuracies: [0.25, 0.5, 0.25, 1, 0, 0]
        )
        #expect(evaluation.tasks == 3 && evaluation.diverged == 1 && evaluation.steps.count == 2)
        // The deviation of 1 and 3 is √2, that of their mean 1.
        #expect(evaluation.steps[0].loss == MetaEvaluation.Estimate(mean: 2, margin: 1.96, median: 2))
        #expect(evaluation.steps[1].loss == MetaEvaluation.Estimate(mean: 1, margin: 0.98, median: 1))
        #expect(evaluation.steps[0].accuracy == MetaEvaluation.Estimate(mean: 0.25, margin: 0, median: 0.25))
        #expect(evaluation.steps[1].accuracy == MetaEvaluation.Estimate(mean: 0.75, margin: 0.49, median: 0.75))
    }

    @Test("takes the middle one of an odd number")
    func median() {
        let evaluation = MetaEvaluation(tasks: 3, steps: 0, losses: [9, 1, 2], accuracies: nil)
        #expect(evaluation.steps[0].loss.median == 2)
        #expect(evaluation.steps[0].accuracy == nil)
    }
}
