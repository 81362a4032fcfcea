/// What a random number is for: word 3 of its counter, so that streams of one key never meet.
enum RandomDomain: UInt32 {
    /// Numbers that are drawn. Words 0 and 1 count blocks of four.
    case draw = 0
    /// Keys split off by index, which is word 0.
    case splitByIndex = 1
    /// Keys split off by name: words 0 to 2 are the first 12 bytes of the name's SHA-256, little-endian.
    case splitByName = 2

    /// The counter from which numbers are drawn.
    static let drawCounter: [UInt32] = [0, 0, 0, draw.rawValue]

    /// The counter of a key split off by name.
    static func counter(ofName name: String) -> [UInt32] {
        let digest = Hash(of: Array(name.utf8)).bytes
        let words = (0..<3).map { word in
            digest[(4 * word)..<(4 * word + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        return words + [splitByName.rawValue]
    }
}
