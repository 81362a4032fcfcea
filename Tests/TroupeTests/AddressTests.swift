import Testing

@testable import troupe

@Suite("An address")
struct AddressTests {
    @Test("is local when no other machine can reach it")
    func local() throws {
        for text in [
            "tcp://127.0.0.1:7077", "tcp://127.1.2.3:1", "tcp://localhost:65535", "tcp://[::1]:7077", "ipc:///tmp/x",
        ] {
            #expect(try #require(Address(argument: text)).isLocal, "\(text)")
        }
        for text in [
            "tcp://0.0.0.0:7077", "tcp://*:7077", "tcp://10.0.0.1:7077", "tcp://host:7077",
            "tcp://127.0.0.1.example.org:1",
            "tcp://[::]:7077", "tcp://128.0.0.1:7077", "tcp://127.0.0:7077", "tcp://eth0:7077",
        ] {
            let address = try #require(Address(argument: text))
            #expect(!address.isLocal, "\(text)")
            #expect(throws: Refusal.self) { try address.require(local: true) }
            #expect(throws: Never.self) { try address.require(local: false) }
        }
    }

    @Test("has a scheme, and a host with a port, or a path")
    func form() {
        for text in [
            "", "tcp://", "tcp://host", "tcp://host:", "tcp://host:0", "tcp://host:65536", "udp://host:1",
            "tcp://a/b:1",
        ] {
            #expect(Address(argument: text) == nil, "\(text)")
        }
        #expect(Address(argument: "ipc://" + String(repeating: "x", count: 108)) == nil)
    }
}
