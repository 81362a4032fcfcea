/// Where a value lies while a program runs: an offset from one of the run's base addresses.
///
/// Base 0 is the arena, base 1 the constants, then come the program's inputs, and then the pointers that loops move.
struct Location: Hashable, Sendable {
    var base: Int
    var offset: Int

    static let arenaBase = 0
    static let constantBase = 1
    static let firstInputBase = 2
}
