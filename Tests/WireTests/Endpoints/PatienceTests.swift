import Foundation
import Glibc
import TestSupport
import Testing

@testable import Wire

@Suite("Patience", .timeLimit(.minutes(1)))
struct PatienceTests {
    @Test("is as long as is usual where ways are short, seven pauses where they are long, and has an end")
    func limits() {
        let usual = Duration.seconds(2)
        #expect(Patience.limit(usual: usual, resendPause: nil) == usual)
        for milliseconds in stride(from: 0, to: 5_000, by: 10) {
            let limit = Patience.limit(usual: usual, resendPause: .milliseconds(milliseconds))
            #expect(limit == .milliseconds(min(max(7 * milliseconds, 2_000), 15_000)))
        }
        #expect(Patience.limit(usual: .seconds(60), resendPause: .seconds(1)) == .seconds(60))
    }

    /// Packets are lost by chance. Whoever lives sends every half second; what was lost is sent again after a pause, which
    /// doubles; and nothing overtakes it.
    @Test("lasts while one packet in five is lost: of a thousand losses not ten end in a silence that is too long")
    func losses() {
        var random = Seeded(7)
        let pause = Duration.milliseconds(1_000)
        let limit = Patience.limit(usual: .seconds(2), resendPause: pause)
        var (losses, deaths, old) = (0, 0, 0)
        for _ in 0..<200_000 where random.oneIn(5) {
            losses += 1
            var (silence, next) = (Duration.zero, pause)
            repeat {
                silence += next
                next *= 2
            } while random.oneIn(5)
            if silence > limit { deaths += 1 }
            if silence > .seconds(2) { old += 1 }
        }
        #expect(deaths > 0 && deaths * 1_000 < losses * 10, "\(deaths) of \(losses)")
        #expect(old * 10 > losses, "with the usual limit \(old) would")
    }

    @Test(
        "is measured by the system: over tcp on one machine the pause is its floor, and of socket files it knows nothing"
    )
    func measured() async throws {
        for place in [Place.tcp, .ipc] {
            var gathering = try await Gathering(at: place)
            var guest = try await gathering.dealer()
            #expect(await guest.next() == .connected)
            try await guest.dealer.send(Parcel(.drain))
            let pause = try await gathering.router.resendPause(of: gathering.received().peer)
            if place == .ipc {
                #expect(pause == nil)
            } else {
                let pause = try #require(pause)
                #expect(pause >= .milliseconds(200))
                #expect(Patience.limit(usual: .seconds(2), resendPause: pause) == .seconds(2), "\(pause)")
            }
            await guest.dealer.close()
            await gathering.router.close()
        }
    }

    @Test("a socket file is this user's alone, whatever others may do by default")
    func socketFile() throws {
        let before = umask(0)
        defer { umask(before) }
        let path = "\(FileManager.default.temporaryDirectory.path)/\(UUID().uuidString.prefix(13))"
        let socket = try Socket.open(.router, in: Transport())
        _ = try socket.bind(to: .ipc(path))
        defer { unlink(path) }
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & S_IFMT == S_IFSOCK && status.st_mode & 0o077 == 0)
        #expect(umask(0) == 0, "it is as it was for all other files")
    }
}
