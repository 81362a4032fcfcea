import Testing

@testable import Tensors

@Suite("The nearest name")
struct SpellingTests {
    @Test("is found over a missing, a wrong, an extra and two swapped letters, and over other spellings of a gap")
    func near() {
        let names = ["members", "members_per_task", "bootstrap", "features", "vote"]
        #expect(names.closest(to: "membrs") == "members")
        #expect(names.closest(to: "memberx") == "members")
        #expect(names.closest(to: "memmbers") == "members")
        #expect(names.closest(to: "mebmers") == "members")
        #expect(names.closest(to: "membersPerTask") == "members_per_task")
        #expect(names.closest(to: "Vote") == "vote")
    }

    @Test("is not given when nothing is near")
    func far() {
        #expect(["members", "vote"].closest(to: "wheel") == nil)
        #expect([String]().closest(to: "wheel") == nil)
        #expect(["adam", "sgd"].closest(to: String(repeating: "a", count: 100_000)) == nil)
    }

    @Test("is by a distance that is symmetric and zero only for the same word")
    func distance() {
        let words = ["", "a", "ab", "ba", "abc", "acb", "kitten", "sitting", "relu"]
        for left in words {
            for right in words {
                #expect(editDistance(left, right) == editDistance(right, left))
                #expect((editDistance(left, right) == 0) == (left == right))
            }
        }
        #expect(editDistance("kitten", "sitting") == 3)
        #expect(editDistance("ab", "ba") == 1)
    }
}
