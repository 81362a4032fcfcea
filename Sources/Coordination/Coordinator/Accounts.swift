package import Wire

/// What is counted of those who take part: for each key, whoever uses it and over however many connections; without keys, for
/// each worker. A value, which decides nothing but whether something is too much.
package struct Accounts: Sendable {
    /// Why no further session is begun.
    package enum Excess: Hashable, Sendable {
        /// As many workers use the key as one key may have.
        case sessions
        /// They run as many tasks at a time as those of one key may.
        case slots(taken: Int)
    }

    private struct Account {
        var allowance: Allowance
        let key: PublicKey?
        /// Its connections that are known.
        var peers = 0
        var sessions = 0
        var slots = 0
        /// The most sessions that it ever had at a time.
        var peak = 0
    }

    /// Sessions that one key may have: a quarter of a coordinator's usual room, so that who holds one cannot shut out all
    /// others. A batch job whose processes share a key may have so many of them.
    package static let mostSessions = 1_024
    /// Tasks at a time for which one key may have room: four machines of the largest that are allowed.
    package static let mostSlots = 16_384
    /// Points for what another session brings from before, granted when a key has so many for the first time.
    private static let resultsOfSession = 512
    /// What a greeting costs.
    package static let greetingCost = 16

    private var numbers: [PeerID: Int] = [:]
    private var keyNumbers: [PublicKey: Int] = [:]
    private var accounts = Table<Int, Account>()
    private var count = 0

    /// Nobody.
    package init() {}

    /// How many accounts there are.
    package var accountCount: Int { accounts.count }

    /// The fewest points that somebody has left.
    package var leastPoints: Int? { accounts.values.map(\.allowance.points).min() }

    /// Whether something was heard of a connection.
    package func knows(_ peer: PeerID) -> Bool { numbers[peer] != nil }

    /// A connection is there, which has proven a key if there are keys.
    package mutating func open(_ peer: PeerID, with key: PublicKey?, at now: Instant) {
        if let number = numbers[peer] {
            guard let key, accounts[number]?.key != key else { return }
            close(peer)
        }
        let number: Int
        if let key, let known = keyNumbers[key] {
            number = known
        } else {
            count += 1
            number = count
            accounts[number] = Account(allowance: Allowance(at: now), key: key)
            if let key { keyNumbers[key] = number }
        }
        numbers[peer] = number
        accounts.update(number) { $0.peers += 1 }
    }

    /// A connection is for what another one began.
    package mutating func join(_ peer: PeerID, to owner: PeerID) {
        guard let number = numbers[owner], numbers[peer] != number else { return }
        close(peer)
        numbers[peer] = number
        accounts.update(number) { $0.peers += 1 }
    }

    /// A connection is over. What a key has spent is remembered.
    package mutating func close(_ peer: PeerID) {
        guard let number = numbers.removeValue(forKey: peer), let account = accounts[number] else { return }
        accounts.update(number) { $0.peers -= 1 }
        if account.key == nil, account.peers == 1 { accounts[number] = nil }
    }

    // MARK: Sessions

    /// Why a connection may not begin a session with so many slots; nil when it may. Without keys nobody is told apart.
    package func excess(of peer: PeerID, slots: Int) -> Excess? {
        guard let number = numbers[peer], let account = accounts[number], account.key != nil else { return nil }
        if account.sessions >= Self.mostSessions { return .sessions }
        return account.slots + slots > Self.mostSlots ? .slots(taken: account.slots) : nil
    }

    /// A session has begun.
    package mutating func begin(_ peer: PeerID, slots: Int) {
        guard let number = numbers[peer] else { return }
        accounts.update(number) { account in
            account.sessions += 1
            account.slots += slots
            guard account.sessions > account.peak else { return }
            account.peak = account.sessions
            account.allowance.grant(Self.resultsOfSession)
        }
    }

    /// A session is over, whose connection is still known.
    package mutating func end(_ peer: PeerID, slots: Int) {
        guard let number = numbers[peer] else { return }
        accounts.update(number) { account in
            account.sessions -= 1
            account.slots -= slots
        }
    }

    // MARK: Messages

    /// Something is asked for, whose answer costs so many points at most.
    package mutating func grant(_ points: Int, to peer: PeerID) {
        guard let number = numbers[peer] else { return }
        accounts.update(number) { $0.allowance.grant(points) }
    }

    /// Something has come.
    ///
    /// - Returns: whether that is allowed.
    package mutating func spend(_ points: Int, by peer: PeerID, at now: Instant) -> Bool {
        if numbers[peer] == nil { open(peer, with: nil, at: now) }
        guard let number = numbers[peer] else { return false }
        return accounts.update(number) { $0.allowance.spend(points, sessions: $0.sessions, at: now) } ?? false
    }
}
