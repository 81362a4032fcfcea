import CZeroMQ
import Glibc
import Synchronization

/// The thread of a loop. It does not keep the loop alive while it sleeps, so that letting go of a loop ends it.
///
/// `@unchecked`: `inbox` has a lock; `identity` is written before anyone else knows the object; `alarms`, `sources` and
/// what follows are touched by the thread only, which `Loop` checks at each of its doors.
final class LoopThread: @unchecked Sendable {
    /// Something to run.
    enum Item {
        /// A part of an actor's or task's work, and the executor that it believes to run on.
        case job(UnownedJob, UnownedSerialExecutor)
        /// A closure.
        case work(@Sendable () -> Void)
    }

    private struct Inbox {
        var items: [Item] = []
        /// Keeps the loop while something waits, so that no work is lost with it.
        var loop: Loop?
        var isAsleep = false
        var isStopping = false
    }

    private struct Source {
        let socket: UnsafeMutableRawPointer
        let pump: () -> Bool
        /// Whether its last pump left something.
        var isBusy = false
    }

    /// At most one write is needed to wake the thread, whatever happens while it is awake.
    private let wakeUp: Int32
    private let inbox = Mutex(Inbox())
    private var identity = pthread_t()
    private let name: String

    var alarms = Alarms()
    private var sources: [Source] = []
    private var pollItems: [zmq_pollitem_t] = []

    init(name: String) throws(SocketError) {
        self.name = name
        wakeUp = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard wakeUp >= 0 else { throw .exhausted("Cannot start a thread for sockets") }
        layOutPollItems()
        let reference = Unmanaged.passRetained(self)
        let started = pthread_create(&identity, nil, Self.body, reference.toOpaque())
        guard started == 0 else {
            reference.release()
            throw .exhausted("Cannot start a thread for sockets")
        }
        pthread_detach(identity)
    }

    deinit { close(wakeUp) }

    private static let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { reference in
        guard let reference else { return nil }
        // Signals are for the threads that wait for them; but a fault of this thread must still be reported as one.
        var blocked = sigset_t()
        sigfillset(&blocked)
        for fault in [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT] { sigdelset(&blocked, fault) }
        pthread_sigmask(SIG_SETMASK, &blocked, nil)
        let thread = Unmanaged<LoopThread>.fromOpaque(reference).takeRetainedValue()
        troupe_name_thread(thread.name)
        thread.run()
        return nil
    }

    var isCurrent: Bool { pthread_equal(pthread_self(), identity) != 0 }

    func enqueue(_ item: Item, keeping loop: Loop) {
        let mustWake = inbox.withLock { inbox in
            inbox.items.append(item)
            inbox.loop = loop
            defer { inbox.isAsleep = false }
            return inbox.isAsleep
        }
        if mustWake { wake() }
    }

    /// Ends the thread once nothing waits to be run.
    func stop() {
        inbox.withLock { $0.isStopping = true }
        wake()
    }

    private func wake() {
        var one: UInt64 = 1
        // Can only fail when the counter is full, and then the thread wakes anyway.
        _ = write(wakeUp, &one, MemoryLayout<UInt64>.size)
    }

    func watch(_ socket: UnsafeMutableRawPointer, _ pump: @escaping () -> Bool) {
        // Busy at first: what came before the socket was watched wakes nobody.
        sources.append(Source(socket: socket, pump: pump, isBusy: true))
        layOutPollItems()
    }

    func unwatch(_ socket: UnsafeMutableRawPointer) {
        sources.removeAll { $0.socket == socket }
        layOutPollItems()
    }

    private func layOutPollItems() {
        let events = Int16(ZMQ_POLLIN)
        pollItems = [zmq_pollitem_t(socket: nil, fd: wakeUp, events: events, revents: 0)]
        pollItems += sources.map { zmq_pollitem_t(socket: $0.socket, fd: 0, events: events, revents: 0) }
    }

    private func run() {
        while true {
            runItems()
            ringAlarms()
            pumpSources()
            let isBusy = sources.contains(where: \.isBusy)
            let (sleeps, stops) = inbox.withLock { inbox in
                inbox.isAsleep = inbox.items.isEmpty && !isBusy && !inbox.isStopping
                return (inbox.isAsleep, inbox.isStopping && inbox.items.isEmpty)
            }
            if stops { return }
            poll(timeout: sleeps ? alarms.next.map(Self.milliseconds) ?? -1 : 0)
        }
    }

    private func runItems() {
        let (items, loop) = inbox.withLock { inbox in
            defer {
                inbox.items = []
                inbox.loop = nil
            }
            return (inbox.items, inbox.loop)
        }
        for item in items {
            switch item {
            case .job(let job, let executor): job.runSynchronously(on: executor)
            case .work(let work): work()
            }
        }
        withExtendedLifetime(loop) {}
    }

    private func ringAlarms() {
        guard alarms.next != nil else { return }
        let now = Instant.now
        while let ring = alarms.popDue(at: now) { ring() }
    }

    /// A pump may watch and unwatch sockets, its own too.
    private func pumpSources() {
        for socket in sources.filter(\.isBusy).map(\.socket) {
            guard let pump = sources.first(where: { $0.socket == socket })?.pump else { continue }
            let isBusy = pump()
            if let index = sources.firstIndex(where: { $0.socket == socket }) { sources[index].isBusy = isBusy }
        }
    }

    private func poll(timeout: Int) {
        let count = pollItems.withUnsafeMutableBufferPointer { items in
            zmq_poll(items.baseAddress, Int32(items.count), timeout)
        }
        inbox.withLock { $0.isAsleep = false }
        guard count > 0 else {
            precondition(count == 0 || zmq_errno() == EINTR, "a socket was closed before its loop let go of it")
            return
        }
        if pollItems[0].revents != 0 {
            var times: UInt64 = 0
            _ = read(wakeUp, &times, MemoryLayout<UInt64>.size)
        }
        for index in sources.indices where pollItems[index + 1].revents != 0 { sources[index].isBusy = true }
    }

    /// The time until an instant, rounded up so that it has passed when the time is over.
    private static func milliseconds(until deadline: Instant) -> Int {
        let nanoseconds = Instant.now.duration(to: deadline) / .nanoseconds(1)
        return max(0, min(Int((nanoseconds / 1_000_000).rounded(.up)), Int(Int32.max)))
    }
}
