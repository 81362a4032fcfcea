/// A question of the library whether somebody may connect, as https://rfc.zeromq.org/spec/27 (ZAP) tells it. A value: frames
/// go in, frames come out.
struct AdmissionRequest: Hashable {
    /// What becomes of who wants to connect.
    enum Verdict: Hashable {
        case admitted(PublicKey)
        /// The key is not on the list.
        case unlisted(PublicKey)
        /// There is no key, or the question is not one that we know.
        case unknown
    }

    /// The name under which our sockets ask.
    static let domain = "troupe"

    private let id: [UInt8]
    /// Where who wants to connect is.
    let address: String
    /// Who that is, proven by its handshake.
    let key: PublicKey?

    /// Reads a question: version, number, domain, address, routing id, mechanism, credentials.
    init(_ frames: [[UInt8]]) {
        id = frames.count > 1 ? frames[1] : []
        func text(_ index: Int) -> String { frames.count > index ? String(decoding: frames[index], as: UTF8.self) : "" }
        address = text(3)
        let isOurs = text(0) == "1.0" && text(2) == Self.domain && text(5) == "CURVE"
        let isKey = frames.count == 7 && frames[6].count == PublicKey.byteCount
        key = isOurs && isKey ? PublicKey(bytes: frames[6]) : nil
    }

    /// What a list says about it.
    func verdict(by list: AllowList) -> Verdict {
        guard let key else { return .unknown }
        return list.admits(key) ? .admitted(key) : .unlisted(key)
    }

    /// The answer: version, number, status code, status text, user id, metadata. The user id is the public key, which the
    /// library then tells with every message.
    func answer(_ verdict: Verdict) -> [[UInt8]] {
        var (status, user) = ("400", "")
        if case .admitted(let key) = verdict { (status, user) = ("200", key.description) }
        return [Array("1.0".utf8), id, Array(status.utf8), [], Array(user.utf8), []]
    }
}
