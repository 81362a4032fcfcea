import Tasks
import Testing

@Suite("Roles")
struct RoleTests {
    @Test("a role reads as people say it, counting from 1")
    func descriptions() {
        let cases: [(Role, String)] = [
            (.bootstrap(members: 6..<7, of: 32), "bootstrap 7 of 32"),
            (.bootstrap(members: 0..<4, of: 32), "bootstraps 1 to 4 of 32"),
            (.score(members: 2..<3, of: 3), "score of member 3 of 3"),
            (.score(members: 0..<3, of: 3), "score of members 1 to 3 of 3"),
            (.round(0), "round 1"),
            (.round(41), "round 42"),
            (.search(round: 11, features: 8..<16, of: 30), "round 12, features 9 to 16 of 30"),
            (.search(round: 0, features: 30..<31, of: 31), "round 1, feature 31 of 31"),
            (.metaBatch(0, tasks: 3..<4), "task 4 of meta-batch 1"),
            (.metaBatch(40, tasks: 0..<25), "tasks 1 to 25 of meta-batch 41"),
            (.metaBatches(300..<400, of: 10_000), "meta-batches 301 to 400 of 10000"),
            (.metaBatches(6..<7, of: 7), "meta-batch 7 of 7"),
            (.head("age"), "head \"age\""),
            (.named("standardise"), "standardise"),
        ]
        for (role, text) in cases { #expect(role.description == text) }
        #expect(Set(cases.map(\.0)).count == cases.count)
    }
}
