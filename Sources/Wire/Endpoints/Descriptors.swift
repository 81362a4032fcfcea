/// Who came through which descriptor of the system, which uses descriptors again and again.
struct Descriptors {
    /// Several at one, when the library delivered a connection's messages only after the next one had its descriptor.
    private var peers: [Int32: [PeerID]] = [:]
    /// Those whose last connection found no room, so that what came over it does not count.
    private var crowded: Set<Int32> = []
    /// Those whose last connection is over.
    private var over: Set<Int32> = []

    /// A connection has come.
    mutating func begin(_ descriptor: Int32) {
        over.remove(descriptor)
        crowded.remove(descriptor)
    }

    /// The connection finds no room.
    mutating func crowd(_ descriptor: Int32) { crowded.insert(descriptor) }

    /// The connection is over.
    ///
    /// - Returns: those who came through it.
    mutating func end(_ descriptor: Int32) -> [PeerID] {
        over.insert(descriptor)
        return peers.removeValue(forKey: descriptor) ?? []
    }

    /// Those who came through a descriptor and are there.
    func peers(at descriptor: Int32) -> [PeerID] { peers[descriptor] ?? [] }

    /// Somebody has spoken for the first time. It may have spoken before its connection was cut, or ended.
    ///
    /// - Returns: whether it counts, and whether its connection is over.
    mutating func meet(_ peer: PeerID, at descriptor: Int32) -> (isCrowded: Bool, isOver: Bool) {
        let isOver = over.contains(descriptor)
        if !isOver { peers[descriptor, default: []].append(peer) }
        return (crowded.contains(descriptor), isOver)
    }

    mutating func forget(_ peer: PeerID, at descriptor: Int32) { peers[descriptor]?.removeAll { $0 == peer } }
}
