import Tasks
import Testing

@Suite("Errors of tasks")
struct TaskErrorTests {
    @Test("an error says which task, what happened, and what every attempt said")
    func descriptions() {
        let role = Role.bootstrap(members: 6..<7, of: 32)
        let cases: [(TaskError, String)] = [
            (
                .invalid(role: role, reason: "input 'x' must be f32[2], but is f64[2]"),
                "bootstrap 7 of 32 cannot run: input 'x' must be f32[2], but is f64[2]"
            ),
            (
                .failed(role: role, attempts: ["a: out of memory", "b: lost"]),
                "bootstrap 7 of 32 failed 2 times:\n  attempt 1: a: out of memory\n  attempt 2: b: lost"
            ),
            (.failed(role: role, attempts: ["a: lost"]), "bootstrap 7 of 32 failed once:\n  attempt 1: a: lost"),
            (.lost("f32[2] 0a1b2c3d"), "a tensor was lost: f32[2] 0a1b2c3d"),
            (.shutDown, "the cluster was shut down"),
        ]
        for (error, text) in cases { #expect(error.description == text) }
    }
}
