/// What a recipe does when the loss of one of its parts becomes infinite or NaN.
public enum DivergencePolicy: String, Sendable, Hashable, CaseIterable {
    /// Training stops with `RecipeError.lossDiverged`.
    case stop
    /// Training goes on without that part: a member, a round, a task of a meta-batch, a head.
    case skip
}
