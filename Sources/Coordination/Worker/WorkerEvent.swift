package import Tensors
package import Wire

/// What a worker's life is told, and what it wants done.
extension WorkerLife {
    /// Something that happened.
    package enum Event: Sendable {
        /// A connection stands, for the first time or again.
        case connected
        /// The connection is gone.
        case disconnected
        /// Something was reached that would not talk.
        case rejected(Rejection)
        /// The connection stands, but does not take any more.
        case clogged
        /// The coordinator said something; blobs that came with it are here.
        case received(Message, blobs: [Hash])
        /// The coordinator said something over the data connection.
        case heard
        /// A blob that was to be fetched is here.
        case fetched(Hash)
        /// A blob could not be fetched.
        case unfetchable(Hash, String)
        /// A task has run; its outputs are here.
        case ran(Hash, outputs: [TensorBlob], wallNanoseconds: Int, isFinite: Bool = true)
        /// A task has no result.
        case failed(Hash, TaskFailed.Code, String, neededBytes: Int = 0)
        /// The worker shall end in good order.
        case stop
        /// Time has passed; this is how far the running tasks are.
        case tick([Hash: Progress])
    }

    /// How far a task is.
    package struct Progress: Hashable, Sendable {
        /// Iterations that are done.
        package var step: Int
        /// Iterations in all; 0 when there is no loop.
        package var total: Int

        /// A step of so many.
        package init(step: Int, total: Int) {
            self.step = step
            self.total = total
        }
    }

    /// Something to do.
    package enum Action: Hashable, Sendable {
        /// Tell the coordinator something.
        case send(Message)
        /// Send a result, with those outputs that are to be attached.
        case offer(TaskFinished)
        /// Have a data connection for this session.
        case openSupply(DataHello, isNearby: Bool)
        /// Get a blob from the coordinator.
        case fetch(Hash, byteCount: Int)
        /// Forget all blobs that are on their way, and the data connection.
        case stopFetching
        /// Run a task.
        case run(Assignment)
        /// Stop a task that runs.
        case interrupt(Hash)
        /// Forget blobs.
        case forget([Hash])
        /// Connect anew.
        case reconnect
        /// Nothing will happen any more.
        case end(Ending)
    }

    /// How it ended.
    package enum Ending: Hashable, Sendable {
        /// There is no more work.
        case done
        /// It was told to stop.
        case stopped
        /// There was no coordinator for as long as it waits for one.
        case alone
        /// The coordinator does not want it.
        case refused(Refused)
        /// The keys do not fit.
        case rejected(Rejection)
    }
}
