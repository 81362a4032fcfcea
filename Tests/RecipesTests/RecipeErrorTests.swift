import Recipes
import Tasks
import Testing

@Suite("Errors of recipes")
struct RecipeErrorTests {
    @Test("say what diverged, at which step, and what to do")
    func divergence() {
        #expect(
            RecipeError.lossDiverged(role: .bootstrap(members: 6..<7, of: 32), step: 20).description == """
                Training diverged: in bootstrap 7 of 32, the loss became infinite or NaN at step 21. Lower the learning rate, \
                or standardise the data; with `diverged: skip` a job goes on without that part.
                """
        )
        #expect(
            RecipeError.everythingDiverged(first: .round(0), step: 4).description == """
                Training diverged everywhere, so that nothing is left; in round 1, the loss became infinite or NaN at step 5. \
                Lower the learning rate, or standardise the data.
                """
        )
    }

    @Test("say why there is nothing to boost")
    func chance() {
        #expect(
            RecipeError.noBetterThanChance(error: 0.625, chance: 0.5).description == """
                The first member errs on 0.625 of the rows, and guessing on 0.5: there is nothing to boost. \
                Use a stronger learner, or other features.
                """
        )
        #expect(
            RecipeError.noBetterThanChance(error: nil, chance: 0.5).description
                == "No feature has two different values, so that no stump can tell rows apart: there is nothing to boost."
        )
    }
}
