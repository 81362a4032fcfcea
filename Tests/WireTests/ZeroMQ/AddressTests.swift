import Foundation
import TestSupport
import Testing

@testable import Wire

@Suite("Addresses", .timeLimit(.minutes(1)))
struct AddressTests {
    @Test("are read and written in the same form")
    func forms() throws {
        let cases: [(String, Address, isLocal: Bool)] = [
            ("inproc://name", .inproc("name"), true),
            ("ipc:///run/troupe", .ipc("/run/troupe"), true),
            ("ipc://*", .ipc("*"), true),
            ("tcp://127.0.0.1:5555", .tcp(host: "127.0.0.1", port: 5_555), true),
            ("tcp://127.1.2.3:1", .tcp(host: "127.1.2.3", port: 1), true),
            ("tcp://localhost:65535", .tcp(host: "localhost", port: 65_535), true),
            ("tcp://[::1]:80", .tcp(host: "[::1]", port: 80), true),
            ("tcp://[::]:80", .tcp(host: "[::]", port: 80), false),
            ("tcp://*:80", .tcp(host: "*", port: 80), false),
            ("tcp://0.0.0.0:*", .tcp(host: "0.0.0.0", port: nil), false),
            ("tcp://node-7.example_lab.org:7", .tcp(host: "node-7.example_lab.org", port: 7), false),
            ("tcp://127.0.0.1.example.org:7", .tcp(host: "127.0.0.1.example.org", port: 7), false),
        ]
        for (text, address, isLocal) in cases {
            #expect(try Address(text) == address)
            #expect(address.description == text)
            #expect(address.isLocal == isLocal, "\(text)")
        }
        for port in ["0", "00", "*"] { #expect(try Address("tcp://h:\(port)") == .tcp(host: "h", port: nil)) }
    }

    @Test(
        "that are none say why, and what is allowed",
        arguments: [
            ("", "it is not of the form transport://place"),
            ("tcp://", "it is not of the form transport://place"),
            ("tcp:/127.0.0.1:5", "it is not of the form transport://place"),
            ("inproc://a\0b", "it is not of the form transport://place"),
            ("pgm://eth0;239.192.1.1:5555", "the transport 'pgm' is unknown"),
            ("TCP://127.0.0.1:5", "the transport 'TCP' is unknown"),
            ("ipc://relative", "the path does not begin with /"),
            ("ipc://@abstract", "the path does not begin with /"),
            ("ipc:///" + String(repeating: "p", count: 107), "the path is longer than 107 bytes"),
            ("inproc://" + String(repeating: "p", count: 201), "the name is longer than 200 bytes"),
            ("tcp://localhost", "the port is missing"),
            ("tcp://localhost:", "'' is no port between 1 and 65535"),
            ("tcp://localhost:65536", "'65536' is no port between 1 and 65535"),
            ("tcp://localhost:+5", "'+5' is no port between 1 and 65535"),
            ("tcp://localhost:-5", "'-5' is no port between 1 and 65535"),
            ("tcp://:5", "'' is no host; an IPv6 address stands in brackets"),
            ("tcp://::1:5", "'::1' is no host; an IPv6 address stands in brackets"),
            ("tcp://eth0;h:5", "'eth0;h' is no host; an IPv6 address stands in brackets"),
            ("tcp://hé:5", "'hé' is no host; an IPv6 address stands in brackets"),
        ]
    )
    func mistakes(text: String, reason: String) {
        #expect(throws: SocketError.badAddress(text, reason)) { try Address(text) }
        #expect(
            SocketError.badAddress(text, reason).description
                == "'\(text)' is no address: \(reason). Write tcp://host:port, ipc:///path or inproc://name."
        )
    }

    @Test("where someone listens already are refused, and can be used after its end", arguments: Place.allCases)
    func inUse(place: Place) async throws {
        let gathering = try await Gathering(at: place)
        let second = try RouterService(on: Loop(name: "second"), in: gathering.transport)
        let error = SocketError.addressInUse(gathering.address)
        await #expect(throws: error) { try await second.bind(to: gathering.address) }
        #expect(error.description.hasPrefix("Cannot listen on \(gathering.address): another "))
        await gathering.router.close()
        #expect(try await second.bindOnceFree(to: gathering.address) == gathering.address)
        await second.close()
        await #expect(throws: SocketError.self) { try await second.bind(to: gathering.address) }
    }

    @Test("of a file that a dead process left behind is taken over and then removed, of any other file is not")
    func leftovers() async throws {
        let folder = try Folder()
        let transport = try Transport()
        let file = try folder.write("precious", to: "file")
        let router = try RouterService(on: Loop(name: "router"), in: transport)
        await #expect(
            throws: SocketError.badPath(.ipc(file), "there is a file of that name that is no socket")
        ) { try await router.bind(to: .ipc(file)) }
        #expect(try folder.bytes(of: "file") == Array("precious".utf8))
        await #expect(throws: SocketError.badPath(.ipc("\(folder.path)/none/s"), "its folder does not exist")) {
            try await router.bind(to: .ipc("\(folder.path)/none/s"))
        }

        // A socket that was bound and never removed, as a killed process leaves it.
        let path = "\(folder.path)/left"
        let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(left, name, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(result == 0)
        close(left)
        #expect(try await router.bind(to: .ipc(path)) == .ipc(path))
        await router.close()
        #expect(try folder.names() == ["file"], "it leaves none itself")
    }

    @Test("the system chooses what is left open, and the choice is told")
    func chosen() async throws {
        let transport = try Transport()
        let router = try RouterService(on: Loop(name: "router"), in: transport)
        guard case .tcp("127.0.0.1", let port?) = try await router.bind(to: Address("tcp://127.0.0.1:*")) else {
            Issue.record("no port was told")
            return
        }
        #expect(port > 0)
        let path = try await router.bind(to: .ipc("*"))
        #expect(!path.isOpen)
        let dealer = try DealerService(on: Loop(name: "dealer"), in: transport)
        var events = dealer.events.makeAsyncIterator()
        for open in try ["tcp://127.0.0.1:*", "tcp://*:5", "ipc://*"].map(Address.init) {
            await #expect(throws: SocketError.incomplete(open)) { try await dealer.connect(to: open) }
        }
        try await dealer.connect(to: path)
        #expect(await events.next() == .connected)
        await dealer.close()
        await router.close()
    }

    @Test("errors of sockets say what to do")
    func descriptions() throws {
        let tcp = Address.tcp(host: "10.0.0.1", port: 80)
        let cases: [(SocketError, String)] = [
            (
                .addressInUse(tcp),
                "Cannot listen on tcp://10.0.0.1:80: another process already does. "
                    + "Stop it, or choose another port with `--bind`."
            ),
            (
                .addressInUse(.ipc("/a")),
                "Cannot listen on ipc:///a: another process already does. Stop it, or choose another path with `--bind`."
            ),
            (.addressInUse(.inproc("a")), "Cannot listen on inproc://a: another endpoint already does."),
            (
                .addressUnavailable(tcp),
                "Cannot listen on tcp://10.0.0.1:80: this machine has no such address. Use 127.0.0.1 for this machine only, "
                    + "0.0.0.0 for all its interfaces, or the address of one of them."
            ),
            (
                .notPermitted(tcp),
                "Cannot listen on tcp://10.0.0.1:80: permission denied. "
                    + "Choose a port above 1023, or a folder that you may write to."
            ),
            (.incomplete(tcp), "Cannot connect to tcp://10.0.0.1:80: name one host and one port."),
            (
                .exhausted("Cannot open a socket"),
                "Cannot open a socket: too many open files or sockets. "
                    + "Raise the limit with `ulimit -n`, or use fewer workers."
            ),
            (
                .libraryTooOld("4.2.0"),
                "The installed ZeroMQ 4.2.0 has known security holes. Install libzmq 4.3.3 or newer."
            ),
            (.failed("Cannot send", ENOTSOCK), "Cannot send: Socket operation on non-socket."),
        ]
        for (error, sentence) in cases { #expect(error.description == sentence) }
    }
}
