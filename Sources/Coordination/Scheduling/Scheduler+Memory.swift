import Tensors
import Wire

/// Who has room for a task.
extension Scheduler {
    /// Whether the program and its tensors have room at a worker, as far as is known.
    func fits(_ task: TaskSpecification, _ place: WorkerRecord) -> Bool { fits(task, in: place.memory) }

    /// Whether they have room in so many bytes, 0 of which are any number.
    func fits(_ task: TaskSpecification, in memory: Int) -> Bool { memory == 0 || need(of: task) <= memory }

    /// The bytes that a task takes, as far as is known.
    private func need(of task: TaskSpecification) -> Int {
        max(task.byteCount, experience.need(of: task.program.hash))
    }

    /// Whether a task is larger than any worker that is here, or was a while ago, as far as is known. Then anybody may try it,
    /// and say what it really needs.
    func isBeyondAll(_ task: TaskSpecification) -> Bool {
        guard workers.values.allSatisfy({ !fits(task, $0) }) else { return false }
        guard need(of: task) <= missed?.memory ?? 0 else { return true }
        // Nobody waits for a larger worker because of one that says that there is no room where others have run it.
        return workers.values.contains { experience.hasRun(task.program.hash, within: $0.memory) }
    }

    /// Whether each worker that is here has said that it has no room for a task, and none that had is waited for.
    func hasNoRoomAnywhere(_ record: TaskRecord) -> Bool {
        let need = experience.need(of: record.specification.program.hash)
        let isMissing = need > 0 && need <= missed?.memory ?? 0
        return workers.keys.allSatisfy(record.excludes) && !isMissing
    }

    /// A worker is gone. For what it alone had room, that waits for it.
    mutating func miss(_ place: WorkerRecord) {
        let rest = workers.values.map { $0.memory == 0 ? .max : $0.memory }.max() ?? 0
        let until = awake.advanced(by: limits.memoryPatience)
        guard place.memory > max(rest, missed?.memory ?? 0) else {
            // It may have been the last one that had not said that it has no room.
            if experience.knowsNeeds, missed == nil { missed = (0, until) }
            return
        }
        missed = (place.memory, until)
        // Without any worker all tasks wait, for whoever comes.
        guard !workers.isEmpty else { return }
        if let task = waitingSpecifications.first(where: { task in workers.values.allSatisfy { !fits(task, $0) } }) {
            actions.append(.strand(task, need: need(of: task)))
        }
    }

    /// What has waited long enough for another worker is given to anybody, or given up.
    mutating func stopMissing() {
        guard let missed, missed.until <= awake else { return }
        self.missed = nil
        isDispatched = false
        guard !workers.isEmpty else { return }
        for task in waitingSpecifications.map(\.task) {
            guard let record = tasks[task], hasNoRoomAnywhere(record) else { continue }
            giveUpUnlessKnown(task, record)
        }
    }

    /// In the order in which they are tried.
    private var waitingSpecifications: [TaskSpecification] {
        (ready.elements.map(\.task) + parked.elements.map(\.task) + delayed.keys.sorted()).compactMap(specification)
    }
}
