import Foundation
import Glibc
import Synchronization
import TestSupport

/// A wire between two network devices of its own making, on which packets may be late and may get lost.
///
/// Many a kernel cannot delay packets, so a thread does it. Packets of one direction keep their order. Needs root and
/// `/dev/net/tun`.
final class Relay: Sendable {
    /// What happens to packets, in each direction.
    struct Weather: Sendable {
        /// How late they are, and how much more or less.
        var delay: Duration = .zero
        var jitter: Duration = .zero
        /// How many of a hundred are lost.
        var lossPercent = 0
    }

    private struct Packet {
        let bytes: [UInt8]
        let due: ContinuousClock.Instant
    }

    /// The devices. They may be moved into other namespaces, and are gone with the relay.
    let devices: [String]
    private let weather = Mutex(Weather())
    private let isOver = Atomic(false)

    /// Whether this process may make one.
    static let isPossible: Bool = (try? Relay()) != nil

    /// Makes both devices, and begins to carry packets.
    ///
    /// - Throws: `TimedOut` that says what the system does not allow.
    init() throws {
        let name = "tr" + String(UInt32.random(in: .min ... .max), radix: 16)
        devices = ["\(name)a", "\(name)b"]
        var ends: [Int32] = []
        for device in devices {
            let end = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)
            // An `ifreq`: the name, and the flags IFF_TAP and IFF_NO_PI.
            var request = Array(device.utf8) + [UInt8](repeating: 0, count: 40 - device.utf8.count)
            request[16] = 0x02
            request[17] = 0x10
            guard end >= 0, ioctl(end, 0x4004_54CA, &request) == 0 else {
                let reason = String(cString: strerror(errno))
                for end in ends + [end] where end >= 0 { close(end) }
                throw TimedOut("a network device cannot be made: \(reason)")
            }
            ends.append(end)
        }
        let carriers = ends
        Thread.detachNewThread { [weak self] in
            var random = Seeded(1)
            var packets: [[Packet]] = [[], []]
            while let self, !self.isOver.load(ordering: .relaxed) {
                self.carry(between: carriers, &packets, &random)
            }
            for end in carriers { close(end) }
        }
    }

    deinit { isOver.store(true, ordering: .relaxed) }

    /// Ends it; the devices are gone soon.
    func stop() { isOver.store(true, ordering: .relaxed) }

    /// What happens to packets from now on.
    func change(to weather: Weather) { self.weather.withLock { $0 = weather } }

    /// Takes what has come and hands on what is due; waits for at most a twentieth of a second.
    private func carry(between ends: [Int32], _ packets: inout [[Packet]], _ random: inout Seeded) {
        let next = packets.compactMap(\.first?.due).min()
        let wait = next.map { max(ContinuousClock.now.duration(to: $0) / .milliseconds(1), 0).rounded(.up) } ?? 50
        var polls = ends.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        poll(&polls, nfds_t(polls.count), Int32(min(wait, 50)))
        let weather = weather.withLock { $0 }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        for (index, end) in ends.enumerated() {
            for _ in 0..<256 {
                let count = read(end, &buffer, buffer.count)
                guard count > 0 else { break }
                guard Int.random(in: 0..<100, using: &random) >= weather.lossPercent else { continue }
                let late = weather.delay + weather.jitter * Double.random(in: -1...1, using: &random)
                let due = max(.now + late, packets[index].last?.due ?? .now)
                packets[index].append(Packet(bytes: Array(buffer[..<count]), due: due))
            }
        }
        for (index, queue) in packets.enumerated() {
            let due = queue.prefix { $0.due <= .now }
            // What finds no room is lost, as on any wire.
            for packet in due { _ = write(ends[1 - index], packet.bytes, packet.bytes.count) }
            packets[index].removeFirst(due.count)
        }
    }
}
