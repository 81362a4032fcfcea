import Testing
import Wire

@testable import Coordination

@Suite("Attendance")
struct AttendanceTests {
    @Test("adds up the time of all who are here, and counts those that were lost")
    func time() {
        var attendance = Attendance()
        let start = Instant(nanoseconds: 5)
        attendance.join(at: start)
        attendance.join(at: start.advanced(by: .seconds(2)))
        attendance.leave(isLoss: true, at: start.advanced(by: .seconds(3)))
        attendance.leave(isLoss: false, at: start.advanced(by: .seconds(7)))
        let end = attendance.soFar(at: start.advanced(by: .seconds(100)))
        #expect(end.time == .seconds(3 + 5))
        #expect(end.losses == 1)
    }

    @Test("the chance that losses hit one task is the upper tail of the binomial distribution")
    func chance() {
        // From SciPy 1.17: binom.sf(k - 1, n, p).
        let golden: [(Int, Int, Double, Double)] = [
            (3, 3, 0.01, 1.0000000000000002e-06), (3, 5, 0.1, 0.008560000000000005), (4, 6, 0.25, 0.03759765625),
            (20, 21, 0.5, 1.049041748046875e-05), (40, 400, 0.05, 3.13028928279142e-05),
            (3, 3, 0.5, 0.125),
        ]
        for (ofTask, losses, share, chance) in golden {
            let found = Attendance.chance(of: ofTask, among: losses, share: share)
            #expect(abs(found / chance - 1) < 1e-10, "\(ofTask) of \(losses) at \(share): \(found)")
        }
        // Where as many were to be expected, nothing follows; no figure is too large.
        #expect(Attendance.chance(of: 3, among: 3, share: 1) == 1)
        #expect(Attendance.chance(of: 3, among: 600_000, share: 0.01) == 1)
        #expect(Attendance.chance(of: 20, among: 20, share: 1e-30) < 1e-300)
    }
}
