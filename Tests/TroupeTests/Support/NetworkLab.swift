import Foundation
import Glibc

/// Hosts on this machine: network namespaces, each linked to the one of a centre, with faults on command.
///
/// Needs root, `ip` and `nft`. Everything is gone with it.
final class NetworkLab: Sendable {
    /// Which way packets vanish.
    enum Way: CaseIterable {
        case both, towardsHost, fromHost
    }

    /// The namespace of the centre, and the hosts' own.
    let centre: String
    private let prefix: String
    private let hosts: [String]
    private let relays: [String: Relay]

    /// Whether this process may make namespaces and drop packets, and has the tools for it.
    static let isPossible: Bool = {
        guard geteuid() == 0, let lab = try? NetworkLab(hosts: ["probe"]) else { return false }
        return (try? lab.cut("probe", .both)) != nil
    }()

    /// Sets up the hosts.
    ///
    /// - Parameters:
    ///   - hosts: Their names.
    ///   - far: Those of them whose packets may be late.
    /// - Throws: `TimedOut` that says what the system says.
    init(hosts: [String], far: Set<String> = []) throws {
        prefix = "troupe-\(getpid())-\(UInt16.random(in: .min ... .max))"
        centre = "\(prefix)-centre"
        self.hosts = hosts
        var relays: [String: Relay] = [:]
        for host in hosts where far.contains(host) { relays[host] = try Relay() }
        self.relays = relays
        do {
            try SystemCommand.run("ip", "netns", "add", centre)
            try SystemCommand.run("ip", "-n", centre, "link", "set", "lo", "up")
            for (index, host) in hosts.enumerated() {
                let (space, subnet) = (namespace(of: host), "10.79.\(index)")
                try SystemCommand.run("ip", "netns", "add", space)
                if let relay = relays[host] {
                    for ((place, name), device) in zip([(centre, host), (space, "eth0")], relay.devices) {
                        try SystemCommand.run("ip", "link", "set", device, "netns", place)
                        try SystemCommand.run("ip", "-n", place, "link", "set", device, "name", name)
                    }
                } else {
                    let words = ["link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", space]
                    try SystemCommand.run(["ip", "-n", centre] + words)
                }
                try SystemCommand.run("ip", "-n", centre, "address", "add", "\(subnet).1/24", "dev", host)
                try SystemCommand.run("ip", "-n", space, "address", "add", "\(subnet).2/24", "dev", "eth0")
                try SystemCommand.run("ip", "-n", centre, "link", "set", host, "up")
                try SystemCommand.run("ip", "-n", space, "link", "set", "lo", "up")
                try SystemCommand.run("ip", "-n", space, "link", "set", "eth0", "up")
            }
        } catch {
            tearDown()
            throw error
        }
    }

    deinit { tearDown() }

    private func tearDown() {
        for relay in relays.values { relay.stop() }
        for space in hosts.map(namespace) + [centre] { _ = try? SystemCommand.run("ip", "netns", "delete", space) }
    }

    /// A host's namespace.
    func namespace(of host: String) -> String { "\(prefix)-\(host)" }

    /// The centre's address, as a host sees it.
    func address(for host: String) -> String { "10.79.\(hosts.firstIndex(of: host) ?? 0).1" }

    /// Every packet vanishes without a word.
    func cut(_ host: String, _ way: Way) throws { try drop("", host, way) }

    /// One packet in five vanishes, each way.
    func loseSome(_ host: String) throws { try drop("numgen random mod 100 < 20", host, .both) }

    /// Nothing vanishes, and nothing is late.
    func heal(_ host: String) throws {
        relays[host]?.change(to: Relay.Weather())
        for (space, _) in ends(of: host) {
            try SystemCommand.run("ip", "netns", "exec", space, "nft", "flush", "ruleset")
        }
        for (space, device) in ends(of: host) {
            _ = try? SystemCommand.run("ip", "netns", "exec", space, "tc", "qdisc", "delete", "dev", device, "root")
        }
    }

    /// No more than so many bits a second pass, each way; what waits for its turn for a fifth of a second is dropped.
    func limit(_ host: String, megabits: Int) throws {
        let bucket = [
            "tbf", "rate", "\(megabits)mbit", "burst", "\(max(megabits * 1_250, 16_000))", "latency", "200ms",
        ]
        for (space, device) in ends(of: host) {
            try SystemCommand.run(["ip", "netns", "exec", space, "tc", "qdisc", "add", "dev", device, "root"] + bucket)
        }
    }

    /// Packets of a far host are 300 ms late, some more and some less, each way, and so many of a hundred vanish.
    func delay(_ host: String, lossPercent: Int = 0) {
        let weather = Relay.Weather(delay: .milliseconds(300), jitter: .milliseconds(100), lossPercent: lossPercent)
        relays[host]?.change(to: weather)
    }

    /// Where packets of a host, and those for it, come in.
    private func ends(of host: String) -> [(space: String, device: String)] {
        [(centre, host), (namespace(of: host), "eth0")]
    }

    private func drop(_ condition: String, _ host: String, _ way: Way) throws {
        let (centre, own) = (ends(of: host)[0], ends(of: host)[1])
        for (space, device) in way == .both ? [centre, own] : way == .fromHost ? [centre] : [own] {
            let chain = "chain come { type filter hook ingress device \(device) priority 0;\n \(condition) drop\n }"
            try SystemCommand.run("ip", "netns", "exec", space, "nft", "table netdev faults-\(device) {\n \(chain)\n }")
        }
    }
}
