import Tasks

/// Workers that this process starts for itself.
struct LocalCrew {
    /// How many worker processes; none for this process alone.
    var workers: Int

    /// Runs something on these workers.
    func lead<Result: Sendable>(_ body: @Sendable (InlineCluster) async throws -> Result) async throws -> Result {
        try await body(InlineCluster())
    }
}
