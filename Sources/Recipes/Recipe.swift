public import Tasks

/// A training method: a straight asynchronous function that runs on the coordinator and reads like its paper.
///
/// A recipe is deterministic. It uses no clock, no number of workers and no unkeyed randomness, because a coordinator that
/// is started again runs it again, and must ask for the same tasks.
public protocol Recipe: Sendable {
    /// What training makes.
    associatedtype Model: Sendable

    /// Trains on a cluster.
    ///
    /// - Returns: the model, whose bits do not depend on the cluster.
    /// - Throws: `RecipeError`, and what the cluster throws.
    func train(on cluster: some Cluster) async throws -> Model
}
