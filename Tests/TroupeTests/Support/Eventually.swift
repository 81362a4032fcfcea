/// Something did not happen in time.
struct TimedOut: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Waits until a condition holds.
///
/// - Throws: `TimedOut`, and what the condition throws.
func eventually(
    _ what: @autoclosure () -> String,
    within limit: Duration = .seconds(30),
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw TimedOut("not within \(limit): \(what())") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// Runs something that must not take longer than a limit.
///
/// - Throws: `TimedOut`, and what the body throws.
func within<Result: Sendable>(
    _ limit: Duration,
    _ what: String,
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask(operation: body)
        group.addTask {
            try await Task.sleep(for: limit)
            throw TimedOut("not within \(limit): \(what)")
        }
        defer { group.cancelAll() }
        guard let result = try await group.next() else { throw CancellationError() }
        return result
    }
}
