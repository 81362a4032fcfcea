import Tensors
import Wire

/// Who gets what.
extension Scheduler {
    /// Gives free workers something to do, and has brought here what the rest of the queue needs while somebody is idle.
    mutating func dispatch() {
        var isDone = false
        while !isDone {
            assignWhatCanRun()
            let count = waitingCount
            if parked.count > 0 { obtainInputs(for: idle.reduce(0) { $0 + room(at: $1) }) }
            // What has to be run again for that is new in the queue.
            isDone = waitingCount == count
        }
        if !stocked.isEmpty { shareStocks() }
    }

    /// Has brought here what the first parked tasks need: as many at a time as could run, since all of it lies in memory.
    private mutating func obtainInputs(for slots: Int) {
        guard slots > 0 else { return }
        var count = 0
        for (task, _) in parked.elements {
            lookCount += 1
            var isOnItsWay = false
            for input in tasks[task]?.specification.distinctInputs ?? [] {
                obtain(input.name)
                if blobs[input.name]?.source != nil { isOnItsWay = true }
            }
            if isOnItsWay { count += 1 }
            if count == slots { return }
        }
    }

    /// First what lies near a worker, then what has waited longest.
    private mutating func assignWhatCanRun() {
        guard ready.count > 0 || parked.count > 0 else { return }
        var candidates = idle
        if !suspects.isEmpty, let reserved = reservedPlace() { candidates.remove(reserved) }
        while ready.count > 0 || parked.count > 0, let worker = freest(of: candidates) {
            guard room(at: worker) > 0 else {
                candidates.remove(worker)
                idle.remove(worker)
                continue
            }
            if let task = nearest(to: worker) ?? firstReady(for: worker) {
                assign(task, to: worker)
            } else {
                candidates.remove(worker)
            }
        }
        assignAhead()
    }

    /// The worker of whose slots the smallest part is taken, so that few tasks spread over many machines.
    private func freest(of candidates: WorkerSet) -> WorkerID? {
        var freest: (worker: WorkerID, load: Int, slots: Int)?
        for worker in candidates {
            guard let (load, slots) = workers.look(worker, { ($0.load, $0.slots) }) else { continue }
            if let known = freest, load * known.slots >= known.load * slots { continue }
            freest = (worker, load, slots)
            if load == 0 { break }
        }
        return freest?.worker
    }

    /// The task that has waited longest of those that a worker takes.
    private mutating func firstReady(for worker: WorkerID) -> Hash? {
        // Suspects and doubts make it depend on what others do.
        let isLasting = suspects.isEmpty && doubts.isEmpty
        let start = isLasting ? passedOver[worker] ?? 0 : 0
        var last = start
        var found: Hash?
        for (task, sequence) in ready.elements(after: start) {
            lookCount += 1
            if admits(task, worker) {
                found = task
                break
            }
            last = sequence
        }
        if isLasting, last > start { passedOver[worker] = last }
        return found
    }

    /// Gives the first suspect that waits to a worker that runs nothing.
    ///
    /// - Returns: the worker that gets nothing until it can be given to it; nil where that need not be.
    private mutating func reservedPlace() -> WorkerID? {
        let waiting = suspects.filter(isWaiting).sorted { (tasks[$0]?.sequence ?? 0) < (tasks[$1]?.sequence ?? 0) }
        for task in waiting {
            guard let record = tasks[task] else { continue }
            let places = workers.filter { worker, place in
                !resting.contains(worker) && suits(record, worker, place) && hasInputs(of: task, worker)
                    && (!record.wasInVain(at: place.origin) || !isFresh(record))
            }
            let least = places.min { first, second in
                let loads = (first.value.running.count, second.value.running.count)
                return loads.0 == loads.1 ? first.key < second.key : loads.0 < loads.1
            }
            guard let least else { continue }
            guard least.value.running.isEmpty else { return least.key }
            assign(task, to: least.key)
        }
        return nil
    }

    // MARK: Ahead

    /// Gives short tasks beyond the slots, to each worker in turn.
    private mutating func assignAhead() {
        guard ready.count > 0, experience.knowsSomething else { return }
        if !suspects.isEmpty, suspects.contains(where: { isWaiting($0) }) { return }
        while ready.count > 0 {
            var isGiving = false
            var place = 0
            while place < hungry.count {
                let worker = hungry[place]
                guard room(at: worker, beyond: limits.ahead) > 0 else {
                    hungry.remove(at: place)
                    continue
                }
                place += 1
                guard let task = nearest(to: worker) ?? firstReady(for: worker) else { continue }
                guard room(at: worker, beyond: stock(of: task)) > 0 else {
                    place -= 1
                    hungry.remove(at: place)
                    continue
                }
                assign(task, to: worker)
                isGiving = true
            }
            if !isGiving { return }
        }
    }

    /// How many tasks like this one a worker has at hand while it runs another.
    private func stock(of task: Hash) -> Int {
        guard let specification = specification(of: task),
            let usual = experience.usualTime(of: specification.program.hash)
        else { return 0 }
        return min(limits.ahead / specification.workCount, Int(limits.stock / max(usual, .microseconds(1))))
    }

    private func isWaiting(_ task: Hash) -> Bool { tasks[task]?.phase == .waiting && delayed[task] == nil }

    /// Takes tasks back that have not begun, the last ones first, for workers that have nothing to do.
    private mutating func shareStocks() {
        for worker in idle {
            while room(at: worker) > 0, let (task, full) = surplus(for: worker) {
                guard let number = workers[full]?.running[task] else { return }
                actions.append(.cancel(Attempt(task, number), at: full))
                takeBack(Attempt(task, number), from: full)
                if tasks[task]?.phase == .waiting { assign(task, to: worker) }
            }
        }
    }

    /// The last task that could run elsewhere of the worker that has most ahead.
    private func surplus(for worker: WorkerID) -> (task: Hash, at: WorkerID)? {
        let fullest = stocked.sorted { first, second in
            let counts = (workers[first]?.ahead.count ?? 0, workers[second]?.ahead.count ?? 0)
            return counts.0 == counts.1 ? first < second : counts.0 > counts.1
        }
        for full in fullest where full != worker {
            let task = workers[full]?.ahead.last { admits($0, worker) && hasInputs(of: $0, worker) }
            if let task { return (task, full) }
        }
        return nil
    }

    // MARK: Who takes what

    /// How many more tasks a worker takes; none beside a suspect.
    func room(at worker: WorkerID, beyond ahead: Int = 0) -> Int {
        guard let room = workers.look(worker, { $0.room(beyond: ahead) }), room > 0, !resting.contains(worker) else {
            return 0
        }
        let isReserved =
            !suspects.isEmpty && workers[worker]?.running.keys.contains { tasks[$0]?.isSuspect ?? false } ?? false
        return isReserved ? 0 : room
    }

    private mutating func nearest(to worker: WorkerID) -> Hash? {
        guard let near = workers.look(worker, { $0.near }), near.count > 0 else { return nil }
        for (task, sequence) in near.elements {
            lookCount += 1
            let isParked = parked.contains(sequence)
            let canRun = (isParked || ready.contains(sequence)) && hasInputs(of: task, worker)
            if canRun, admits(task, worker) { return task }
            // One that is ready is found among all that are, too.
            if !isParked || !canRun { workers.update(worker) { $0.near.remove(sequence) } }
        }
        return nil
    }

    /// Whether each input of a task is here or at the worker.
    func hasInputs(of task: Hash, _ worker: WorkerID) -> Bool {
        specification(of: task)?.inputs.allSatisfy { input in
            blobs.look(input.name) { $0.isStored || $0.holders.contains(worker) } ?? false
        } ?? false
    }

    /// Whether a worker may get a task now: it could, and has not tried it in vain while others have not tried it. A
    /// suspect needs the worker for itself.
    func admits(_ task: Hash, _ worker: WorkerID) -> Bool {
        guard let (specification, isUntried) = tasks.look(task, { ($0.specification, $0.failures.isEmpty) }) else {
            return false
        }
        if isUntried, doubts.isEmpty {
            guard let (takesTasks, memory) = workers.look(worker, { ($0.takesTasks, $0.memory) }) else { return false }
            return takesTasks && (fits(specification, in: memory) || isBeyondAll(specification))
        }
        let admits = tasks.look(task) { record in
            workers.look(worker) { place in
                guard suits(record, worker, place) else { return false }
                if record.isSuspect, !place.running.isEmpty { return false }
                return !record.wasInVain(at: place.origin) || !isFresh(record)
            }
        }
        return admits == true
    }

    /// Whether nothing speaks against a task at a worker in principle. Where it never fitted anywhere, anybody may say so.
    func suits(_ record: TaskRecord, _ worker: WorkerID, _ place: WorkerRecord) -> Bool {
        guard place.takesTasks, !record.excludes(worker), !hasVoted(place, on: record) else { return false }
        return fits(record.specification, place) || isBeyondAll(record.specification)
    }

    private func hasVoted(_ place: WorkerRecord, on record: TaskRecord) -> Bool {
        !doubts.isEmpty && doubts[record.specification.task]?.hasVoted(place.origin) == true
    }

    /// Whether there is a worker that could run a task and has not done so in vain.
    func isFresh(_ record: TaskRecord) -> Bool {
        workers.contains { !record.wasInVain(at: $0.value.origin) && suits(record, $0.key, $0.value) }
    }

    /// Whether there is a worker that has not said what comes of a task, and could, or is about to.
    func couldBeSettled(_ task: Hash, butBy origin: WorkerID? = nil) -> Bool {
        guard let record = tasks[task] else { return false }
        return workers.contains { worker, place in
            guard place.origin != origin, !hasVoted(place, on: record) else { return false }
            if place.running[task] != nil { return !isLate(task, at: worker) }
            return suits(record, worker, place)
        }
    }

    mutating func assign(_ task: Hash, to worker: WorkerID) {
        unqueue(task)
        let place = workers.look(worker) { place in
            (origin: place.origin, isFull: !place.collecting.contains(task) && place.load >= place.slots)
        }
        guard let (origin, isFull) = place else { return }
        let attempt = tasks.update(task) { record in
            record.tries.append(origin)
            if record.attendanceBefore == nil { record.attendanceBefore = attendance.soFar(at: awake) }
            var places = record.places
            places[worker] = record.lastAttempt
            record.phase = .running(places)
            return (number: record.lastAttempt, specification: record.specification)
        }
        guard let (number, specification) = attempt else { return }
        workers.update(worker) { place in
            if isFull { place.ahead.append(task) }
            place.take(task, number, at: awake)
        }
        if isFull { stocked.insert(worker) }
        for input in specification.distinctInputs { blobs.update(input.name) { $0.reach(worker) } }
        actions.append(.assign(Attempt(task, number), to: worker))
    }
}
