/// What the library has taken from each connection and not handed over: a message is handed over as a whole, and one that never
/// ends is kept part after part, however many come. A value: it is told how much was taken and how many messages came, and
/// says when it is too much.
///
/// The library limits the bytes of a part, and counts messages, not their parts; so nothing else bounds them. How much came through
/// a socket file the system does not tell, so those connections are not looked at: only the user who listens can open them.
struct Intake {
    private struct Account {
        /// Messages that had come, and bytes that had been taken, when it was last seen that a message had come.
        var messages = 0
        var bytes = 0
    }

    /// Connections that are looked at in one go: it costs three calls of the system for each.
    static let most = 256
    /// Bytes of one connection that may be kept.
    let limit: Int
    private var accounts: [Int32: Account] = [:]
    /// All places, those first that were not looked at for longest.
    private var places: [Int32] = []
    private var listed: Set<Int32> = []

    /// - Parameter bufferBytes: Bytes that the library keeps of whole messages before it takes no more of a peer.
    init(bufferBytes: Int) { limit = bufferBytes + 16 << 20 }

    /// Whether nobody is there.
    var isEmpty: Bool { places.isEmpty }

    /// A connection has begun, at a place where none is any more.
    mutating func begin(_ place: Int32) {
        accounts[place] = Account()
        if listed.insert(place).inserted { places.append(place) }
    }

    /// A connection is over.
    mutating func end(_ place: Int32) { accounts[place] = nil }

    /// The places that shall be looked at next.
    mutating func next() -> [Int32] {
        let some = Array(places.prefix(Self.most))
        places.removeFirst(some.count)
        listed.subtract(some.filter { accounts[$0] == nil })
        let there = some.filter { accounts[$0] != nil }
        places += there
        return there
    }

    /// Notes what was seen of a connection.
    ///
    /// - Parameters:
    ///   - place: Where it is.
    ///   - bytes: What the library has taken since the connection began.
    ///   - messages: A number that grows with each message that comes through it.
    /// - Returns: the bytes that it keeps, if they are too many.
    mutating func note(_ place: Int32, bytes: Int, messages: Int) -> Int? {
        guard let account = accounts[place] else { return nil }
        guard account.messages == messages else {
            accounts[place] = Account(messages: messages, bytes: bytes)
            return nil
        }
        let kept = bytes - account.bytes
        return kept > limit ? kept : nil
    }
}
