import ArgumentParser
import Foundation
import Jobs
import Wire

/// Addresses on the command line.
extension Address {
    /// Where coordinators and workers meet unless told otherwise: a port of this machine that no other can reach.
    static let standard = Address.tcp(host: "127.0.0.1", port: 7077)

    /// Reads where to listen.
    ///
    /// - Throws: `ValidationError`, which the user sees after the value and the option.
    static func toListen(_ text: String) throws -> Address {
        let address: Address
        do throws(SocketError) {
            address = try Address(text)
        } catch .badAddress(_, let reason) {
            throw ValidationError("\(reason). \(form)")
        }
        if case .inproc = address { throw ValidationError("other processes cannot reach it. \(form)") }
        return address
    }

    /// Reads where to connect to.
    ///
    /// - Throws: `ValidationError`, which the user sees after the value and the option.
    static func toConnect(_ text: String) throws -> Address {
        let address = try toListen(text)
        switch address {
        case .tcp(host: "*", _): throw ValidationError("a worker connects to one host. \(form)")
        case .tcp(_, port: nil): throw ValidationError("a worker connects to one port. \(form)")
        case .ipc("*"): throw ValidationError("a worker connects to one path. \(form)")
        default: return address
        }
    }

    /// The command that starts a worker for a coordinator that listens here.
    func invitation(hasKeys: Bool) -> String {
        var address = self
        if case .tcp(let host, let port) = self, ["0.0.0.0", "[::]", "*"].contains(host) {
            address = .tcp(host: ProcessInfo.processInfo.hostName, port: port)
        }
        return "troupe worker --connect \(address)\(hasKeys ? " --key FILE" : isLocal ? "" : " --insecure")"
    }

    /// Removes what listening at a path leaves behind.
    func removeFile() {
        guard case .ipc(let path) = self else { return }
        unlink(path)
    }

    private static let form = "Write tcp://host:port or ipc:///path."

    /// Refuses what travels in clear text over a network, unless that was asked for by name; `key` is what a key for it would
    /// be called.
    ///
    /// - Throws: `Refusal`.
    func require(local isRequired: Bool, key: String) throws(Refusal) {
        guard isRequired, !isLocal else { return }
        throw Refusal(
            "\(self) can be reached from other machines, so keys are needed: make one with `troupe keys generate \(key)`, and add "
                + "--key keys/\(key).secret. Or use tcp://127.0.0.1:PORT, or add --insecure if everybody on that network may read "
                + "and send tasks."
        )
    }
}
