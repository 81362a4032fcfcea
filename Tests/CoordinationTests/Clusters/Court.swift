import Execution
import Foundation
import Tasks
import TestSupport
import Wire

@testable import Coordination

/// A coordinator with a key, and workers with keys of their own.
final class Court: Sendable {
    let folder: Folder
    let keys: KeyFolder
    let transport: Transport
    let coordinator: Coordinator
    let address: Address
    let log = LogLines()

    static let hello = Hello(
        numericsVersion: numericsVersion,
        name: "stranger",
        build: "",
        slots: 1,
        cores: 1,
        memoryLimitBytes: 0,
        processID: 1
    )

    init(
        authorizing names: [String],
        interval: Duration = .milliseconds(50),
        timeout: Duration = .seconds(2)
    ) async throws {
        folder = try Folder()
        keys = KeyFolder("\(folder.path)/keys")
        for name in ["coordinator"] + names { try keys.generate(name) }
        try keys.authorize("coordinator", name: "itself")
        for name in names { try keys.authorize(name) }
        transport = try Transport()
        let protection = Protection.keys(try CoordinatorKeys(file: "\(folder.path)/keys/coordinator.secret"))
        let settings = CoordinatorSettings(
            heartbeatInterval: interval,
            heartbeatTimeout: timeout,
            protection: protection
        )
        coordinator = try Coordinator(
            in: transport,
            settings: settings,
            log: log.logger
        ) { _ in }
        address = try await coordinator.listen(at: Place.tcp.address())
    }

    /// A worker that proves itself by a key of this name.
    func worker(_ key: String, expecting file: String? = nil) throws -> Worker {
        let keys = try WorkerKeys(file: "\(folder.path)/keys/\(key).secret", coordinator: file)
        let settings = WorkerSettings(name: key, grace: .zero, protection: .keys(keys))
        return try Worker(connectingTo: address, in: transport, settings: settings, log: Crew.log)
    }

    func client(_ key: String) throws -> DealerService {
        let keys = try WorkerKeys(file: "\(folder.path)/keys/\(key).secret")
        return try DealerService(on: Loop(name: key), in: transport, keys: keys.client)
    }

    func key(_ name: String) throws -> String { try keys.publicKey(name).key }
}

extension Worker {
    /// Runs it to its end.
    ///
    /// - Returns: why it is not wanted; nil when it ends in good order.
    nonisolated func ending() async throws -> ClusterError? {
        let run = Task { try await self.run() }
        do {
            _ = try await run.value(within: .seconds(20))
            return nil
        } catch let error as ClusterError {
            return error
        }
    }
}
