import Tensors
import Wire

/// What the scheduler knows of a blob: where it is, who needs it, and how it can be made again.
struct BlobRecord {
    let blob: TensorBlob
    /// Whether its bytes are here.
    var isStored = false
    /// The workers that have it, oldest first.
    var holders: Few<WorkerID> = []
    /// The workers that may have it, and are told when it is no longer needed: holders, those that were given a task that
    /// needs it, and those that did not find it.
    var reached: Few<WorkerID> = []
    /// Who is being asked for it.
    var source: WorkerID?
    /// The task that makes it; nil when it was given to us, and is then kept for as long as anything can need it.
    var producer: Hash?
    /// Handles, tasks that wait or run, and people who wait for its bytes.
    var uses = 0
    /// Those among the uses who wait for its bytes.
    var waiters = 0
    /// Results that are written down once its bytes are here; among the uses.
    var journals = 0
    /// Known tasks whose input it is, and which may have to be run again.
    var dependants = 0

    init(_ blob: TensorBlob, producer: Hash? = nil) {
        self.blob = blob
        self.producer = producer
    }

    /// Whether somebody waits for its bytes.
    var isAwaited: Bool { waiters > 0 || journals > 0 }

    /// Whether nothing can ever ask for it.
    var isForgettable: Bool { uses == 0 && dependants == 0 }

    /// Whether its bytes must be kept: while it is used, or if they could not be made again.
    var keepsBytes: Bool { uses > 0 || (producer == nil && dependants > 0) }

    mutating func add(_ holder: WorkerID) {
        if !holders.contains(holder) { holders.append(holder) }
        reach(holder)
    }

    mutating func reach(_ worker: WorkerID) {
        if !reached.contains(worker) { reached.append(worker) }
    }
}
