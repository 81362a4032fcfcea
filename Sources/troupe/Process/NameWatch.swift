import Foundation
import Logging
import Wire

/// Looks up the name of the coordinator's machine until it is found, beside the connection, which does so by itself and says
/// nothing.
///
/// `@unchecked`: all of it is used on its queue alone.
final class NameWatch: @unchecked Sendable {
    private let address: Address
    private var name: UnknownName
    private let log: Logger
    // A queue of its own, since looking up blocks.
    private let queue = DispatchQueue(label: "names")
    private let timer: any DispatchSourceTimer

    /// Begins to look; nil when the address has no name in it.
    init?(_ address: Address, log: Logger = Logger(label: "troupe.worker")) {
        guard case .tcp(let host, _) = address else { return nil }
        self.address = address
        name = UnknownName(host, of: "\(address)")
        self.log = log
        timer = DispatchSource.makeTimerSource(queue: queue)
        timer.setEventHandler { [weak self] in self?.look() }
        timer.schedule(deadline: .now(), repeating: Self.pause)
        timer.activate()
    }

    /// Stops looking.
    func stop() { timer.cancel() }

    private func look() {
        guard !timer.isCancelled else { return }
        guard let reason = address.lookUp() else { return timer.cancel() }
        if let sentence = name.fail(reason.lowercased(), at: .now) { log.warning("\(sentence)") }
    }

    private static let pause = 5.0
}
