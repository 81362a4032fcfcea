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
        let sends: Bool
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
    /// What is to be done at the end of this turn.
    var endings: [() -> Void] = []
    /// What of that is done now.
    private var due: [() -> Void] = []
    /// How many items are run before sockets and alarms have their turn.
    private static let itemsPerTurn = 64
    /// Items that were taken out of the inbox and not run yet, and what they keep.
    private var taken: ArraySlice<Item> = []
    private var takenLoop: Loop?
    private var sources: [Source] = []
    /// The descriptor to be woken by, then that of each source.
    private var descriptors: [pollfd] = []
    /// How long a thread that has just worked looks out for more.
    private var watch = Watch()

    init(name: String) throws(SocketError) {
        self.name = name
        wakeUp = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard wakeUp >= 0 else { throw .exhausted("Cannot start a thread for sockets") }
        layOutDescriptors()
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

    func watch(_ socket: UnsafeMutableRawPointer, sends: Bool, _ pump: @escaping () -> Bool) {
        // Busy at first: what came before the socket was watched wakes nobody.
        sources.append(Source(socket: socket, sends: sends, pump: pump, isBusy: true))
        layOutDescriptors()
    }

    func unwatch(_ socket: UnsafeMutableRawPointer) {
        sources.removeAll { $0.socket == socket }
        layOutDescriptors()
    }

    private func layOutDescriptors() {
        let all = [wakeUp] + sources.map { Self.descriptor(of: $0.socket) }
        descriptors = all.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    }

    /// Is readable when the library's threads have told the socket something that it has not looked at yet. That is no
    /// promise of a message, and once the socket has looked, there may be messages though it is not readable.
    private static func descriptor(of socket: UnsafeMutableRawPointer) -> Int32 {
        var descriptor: Int32 = -1
        var size = MemoryLayout<Int32>.size
        // Cannot fail: the socket is open.
        zmq_getsockopt(socket, ZMQ_FD, &descriptor, &size)
        return descriptor
    }

    private static func hasMessages(_ socket: UnsafeMutableRawPointer) -> Bool {
        var events: Int32 = 0
        var size = MemoryLayout<Int32>.size
        return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 && events & Int32(ZMQ_POLLIN) != 0
    }

    private func run() {
        while true {
            let hadItems = runItems()
            let hadAlarms = ringAlarms()
            if pumpSources() || hadItems || hadAlarms {
                finishTurn()
                watch.work(.now)
                askSources()
            }
            let isBusy = !taken.isEmpty || sources.contains(where: \.isBusy)
            let waits = !isBusy && watch.isOver(.now)
            let (sleeps, stops) = inbox.withLock { inbox in
                inbox.isAsleep = waits && inbox.items.isEmpty && !inbox.isStopping
                return (inbox.isAsleep, inbox.isStopping && inbox.items.isEmpty && taken.isEmpty)
            }
            if stops { return }
            let isFound = look(timeout: sleeps ? alarms.next.map(Self.milliseconds) ?? -1 : 0)
            if !waits && !isBusy && !isFound { sched_yield() }
        }
    }

    /// - Returns: whether there were any.
    private func runItems() -> Bool {
        if taken.isEmpty {
            (taken, takenLoop) = inbox.withLock { inbox in
                guard !inbox.items.isEmpty else { return ([], nil) }
                defer {
                    inbox.items = []
                    inbox.loop = nil
                }
                return (inbox.items[...], inbox.loop)
            }
        }
        guard !taken.isEmpty else { return false }
        for _ in 0..<min(taken.count, Self.itemsPerTurn) {
            switch taken.removeFirst() {
            case .job(let job, let executor): job.runSynchronously(on: executor)
            case .work(let work): work()
            }
        }
        if taken.isEmpty {
            taken = []
            takenLoop = nil
        }
        return true
    }

    private func finishTurn() {
        while !endings.isEmpty {
            swap(&endings, &due)
            for work in due { work() }
            due.removeAll(keepingCapacity: true)
        }
    }

    /// - Returns: whether one was due.
    private func ringAlarms() -> Bool {
        guard alarms.next != nil else { return false }
        let now = Instant.now
        var count = 0
        while let ring = alarms.popDue(at: now) {
            count += 1
            ring()
        }
        return count > 0
    }

    /// A pump may watch and unwatch sockets, its own too.
    ///
    /// - Returns: whether a source was busy.
    private func pumpSources() -> Bool {
        let busy = sources.filter(\.isBusy).map(\.socket)
        for socket in busy {
            guard let pump = sources.first(where: { $0.socket == socket })?.pump else { continue }
            let isBusy = pump()
            if let index = sources.firstIndex(where: { $0.socket == socket }) { sources[index].isBusy = isBusy }
        }
        return !busy.isEmpty
    }

    /// When a socket sends, it looks at what it was told, which then wakes nobody.
    private func askSources() {
        for index in sources.indices where sources[index].sends && !sources[index].isBusy {
            sources[index].isBusy = Self.hasMessages(sources[index].socket)
        }
    }

    /// - Returns: whether there is something to do.
    private func look(timeout: Int32) -> Bool {
        let count = poll(&descriptors, nfds_t(descriptors.count), timeout)
        let hasItems = inbox.withLock { inbox in
            inbox.isAsleep = false
            return !inbox.items.isEmpty
        }
        guard count > 0 else {
            precondition(count == 0 || errno == EINTR, "a loop cannot wait for its sockets")
            return hasItems
        }
        if descriptors[0].revents != 0 {
            var times: UInt64 = 0
            _ = read(wakeUp, &times, MemoryLayout<UInt64>.size)
        }
        for index in sources.indices where descriptors[index + 1].revents != 0 {
            precondition(
                descriptors[index + 1].revents & Int16(POLLNVAL) == 0,
                "a socket was closed before its loop let go of it"
            )
            sources[index].isBusy = true
        }
        return true
    }

    /// The time until an instant, rounded up so that it has passed when the time is over.
    private static func milliseconds(until deadline: Instant) -> Int32 {
        let nanoseconds = Instant.now.duration(to: deadline) / .nanoseconds(1)
        return Int32(max(0, min((nanoseconds / 1_000_000).rounded(.up), 1e9)))
    }
}
