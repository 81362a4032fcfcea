/// One thread that owns sockets, and that actors can live on.
///
/// An actor whose executor is a loop shares its thread with the sockets: a handler that a `Router` or `Dealer` calls runs
/// at once, isolated to the actor, and what the actor sends goes to the socket at once.
///
///     actor Shell {
///         nonisolated let loop: Loop
///         nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
///         private let router: Router
///
///         init(loop: Loop, transport: Transport) throws {
///             self.loop = loop
///             router = try Router(on: loop, in: transport)
///         }
///         func start(at address: Address) throws -> Address {
///             try router.open { [unowned self] event in handle(event) }  // on the loop, in this actor, without a hop
///             return try router.bind(to: address)
///         }
///         func stop() { router.close() }
///     }
///
/// The actor must keep its loop, as above. The thread ends when nothing refers to the loop any more: after every
/// endpoint on it was closed, and every alarm has rung or was cancelled.
package final class Loop: SerialExecutor {
    private let thread: LoopThread

    /// Starts the thread.
    ///
    /// - Parameter name: what process listings show, at most 15 bytes.
    /// - Throws: `SocketError.exhausted` when the system has no room for another thread or descriptor.
    package init(name: String) throws(SocketError) { thread = try LoopThread(name: name) }

    deinit { thread.stop() }

    /// Runs a job of an actor on the thread.
    package func enqueue(_ job: consuming ExecutorJob) {
        thread.enqueue(.job(UnownedJob(job), asUnownedSerialExecutor()), keeping: self)
    }

    /// Runs a closure on the thread, after everything that was handed to it before. From any thread.
    package func perform(_ work: @escaping @Sendable () -> Void) { thread.enqueue(.work(work), keeping: self) }

    /// Whether the caller runs on the thread.
    package var isCurrent: Bool { thread.isCurrent }

    /// Stops the process when the caller does not run on the thread.
    package func checkIsolated() { precondition(isCurrent, "this must run on the thread of its loop") }

    /// Calls `ring` on the thread once `deadline` has passed.
    ///
    /// - Precondition: the caller runs on the thread, as an actor of this loop does.
    @discardableResult
    package func alarm(at deadline: Instant, _ ring: @escaping () -> Void) -> Alarm {
        checkIsolated()
        return thread.alarms.add(at: deadline, ring)
    }

    /// Takes back an alarm; one that has rung is ignored.
    ///
    /// - Precondition: the caller runs on the thread.
    package func cancel(_ alarm: Alarm) {
        checkIsolated()
        thread.alarms.remove(alarm)
    }

    /// Calls `work` at the end of this turn of the thread, once everything that it does in one go is done.
    package func atEndOfTurn(_ work: @escaping () -> Void) {
        checkIsolated()
        thread.endings.append(work)
    }

    /// Calls `pump` whenever a socket has something to read. It reads until nothing is left, or for a while, and returns
    /// whether something is left. `sends` tells whether the socket is also used in other ways than by `pump`.
    func watch(_ socket: UnsafeMutableRawPointer, sends: Bool, pump: @escaping () -> Bool) {
        checkIsolated()
        thread.watch(socket, sends: sends, pump)
    }

    /// Before a socket is closed.
    func unwatch(_ socket: UnsafeMutableRawPointer) {
        checkIsolated()
        thread.unwatch(socket)
    }
}
