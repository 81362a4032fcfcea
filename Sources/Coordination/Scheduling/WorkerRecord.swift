import Tensors
import Wire

/// What the scheduler knows of a worker.
struct WorkerRecord {
    /// Tasks that it runs at the same time.
    let slots: Int
    /// Bytes that one task may use there; 0 when there is no limit.
    let memory: Int
    /// How long it may be silent.
    var silence: Duration
    var lastHeard: Instant
    /// When it is gone, unless it is heard before.
    var silenceEnd: Instant { lastHeard.advanced(by: silence) }
    /// Its first session.
    let origin: WorkerID
    /// Whether it comes from another coordinator, whose tasks it may hold results of.
    let isForeign: Bool
    var isDraining = false
    /// What only it had when it had finished all that it ran, as far as that may still be so; the next one last. Nil before.
    var bequest: [Hash]?
    /// Whether it was told that it may go.
    var isLetGo = false
    /// Whether it was wrong, so that it gets no more work.
    var isBarred = false
    /// Results that were not what their programs say.
    var wrongResults = 0
    /// Failed tries since the last one that did not fail.
    var failuresInARow = 0
    /// Until when it gets nothing, since all that it got failed.
    var restsUntil: Instant?
    /// Tasks that it offered, or runs, and was not given here.
    var offers: [Hash: Offer] = [:]
    /// What it was given although it is done there, so that it takes no slot.
    var collecting: Set<Hash> = []
    /// What it was given and has not answered, by task.
    var running: [Hash: Int] = [:]
    /// When it was given that, or could turn to it.
    var begun: [Hash: Instant] = [:]
    /// What of that it was given ahead, beyond its slots; the next one first.
    var ahead: [Hash] = []
    /// What of that it has not said to run, though its inputs are there when it is done.
    var unannounced: Set<Hash> = []
    /// Tasks that are best run here, with what it had when they were noted, though they may run elsewhere by now; by sequence.
    var near = TaskQueue()

    init(slots: Int, memory: Int, silence: Duration, lastHeard: Instant, origin: WorkerID, isForeign: Bool) {
        self.slots = slots
        self.memory = memory
        self.silence = silence
        self.lastHeard = lastHeard
        self.origin = origin
        self.isForeign = isForeign
    }

    /// Whether it may be given tasks.
    var takesTasks: Bool { !isDraining && !isBarred }

    /// Tasks that need a slot, now or soon.
    var load: Int { running.count - collecting.count }

    /// How many more tasks it takes, when it may have some beyond its slots.
    func room(beyond ahead: Int = 0) -> Int { takesTasks ? max(slots + ahead - load, 0) : 0 }

    mutating func take(_ task: Hash, _ number: Int, at time: Instant) {
        running[task] = number
        begun[task] = time
        if !collecting.contains(task) { unannounced.insert(task) }
    }

    /// It goes on with a task that had been taken from it.
    mutating func resume(_ task: Hash, _ number: Int, at time: Instant) {
        running[task] = number
        begun[task] = time
    }

    /// It has answered a task, or need not, and turns to the next one.
    mutating func letGo(of task: Hash, at time: Instant) {
        running[task] = nil
        begun[task] = nil
        unannounced.remove(task)
        collecting.remove(task)
        ahead.removeAll { $0 == task }
        while let next = ahead.first, load - ahead.count < slots {
            ahead.removeFirst()
            begun[next] = time
        }
    }
}
