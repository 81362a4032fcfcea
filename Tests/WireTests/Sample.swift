import Tasks
import Tensors
import TestSupport

@testable import Wire

/// Values that tests make up.
enum Sample {
    /// A digest that differs for each number.
    static func hash(_ number: Int) -> Hash { Hash(of: [UInt8](String(number).utf8)) }

    /// The numbers of the messages in `envelope.proto`.
    static let kinds = 1...18

    /// Bytes that differ from one place to the next.
    static func bytes(_ count: Int, seed: Int = 0) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 31 ^ $0 >> 8) }
    }

    /// A valid message of a kind.
    static func message(_ kind: Int, using random: inout Seeded) -> Message {
        switch kind {
        case 1: return .hello(hello(using: &random))
        case 2:
            let interval = Int.random(in: 1...100_000, using: &random)
            return .welcome(
                Welcome(
                    session: UInt64.random(in: 1 ... .max, using: &random),
                    heartbeatInterval: .milliseconds(interval),
                    heartbeatTimeout: .milliseconds(interval + Int.random(in: 1...100_000, using: &random)),
                    build: text(upTo: 256, using: &random),
                    attachedBytes: number(0...Int(UInt32.max), using: &random),
                    dataToken: random.next()
                )
            )
        case 3:
            let code = Refused.Code.allCases.randomElement(using: &random) ?? .malformed
            return .refused(
                Refused(code, text(upTo: 300, using: &random), field: text(upTo: 256, using: &random))
            )
        case 4:
            let tasks = list(upTo: 256, using: &random) { random in
                let total = number(0...Int.max, using: &random)
                return TaskProgress(
                    task: hash(using: &random),
                    attempt: attempt(using: &random),
                    step: number(0...total, using: &random),
                    total: total
                )
            }
            let timeout = random.oneIn(2) ? nil : Duration.milliseconds(number(1...Int(UInt32.max), using: &random))
            return .heartbeat(Heartbeat(session: random.next(), tasks: tasks, timeout: timeout))
        case 5: return .drain
        case 6: return .goodbye(Goodbye(Goodbye.Reason.allCases.randomElement(using: &random) ?? .done))
        case 7: return .assignment(assignment(using: &random))
        case 8: return .started(TaskStarted(task: hash(using: &random), attempt: attempt(using: &random)))
        case 9:
            let outputs = list(upTo: 64, using: &random) { random in
                TaskOutput(blob(using: &random), isAttached: random.oneIn(2))
            }
            return .finished(
                TaskFinished(
                    task: hash(using: &random),
                    attempt: attempt(using: &random),
                    outputs: outputs,
                    wallNanoseconds: number(0...Int.max, using: &random),
                    isFinite: random.oneIn(2)
                )
            )
        case 10:
            return .failed(
                TaskFailed(
                    task: hash(using: &random),
                    attempt: attempt(using: &random),
                    code: TaskFailed.Code.allCases.randomElement(using: &random) ?? .refused,
                    sentence: text(upTo: 500, using: &random),
                    neededBytes: number(0...Int.max, using: &random)
                )
            )
        case 11:
            let results = list(upTo: 256, using: &random) { random in
                TaskAccepted.Result(task: hash(using: &random), attempt: attempt(using: &random))
            }
            return .accepted(TaskAccepted(results))
        case 12: return .cancel(CancelTask(task: hash(using: &random), attempt: attempt(using: &random)))
        case 13:
            return .blobRequest(
                BlobRequest(
                    name: hash(using: &random),
                    offset: number(0...WireLimits.blob, using: &random),
                    length: number(1...WireLimits.frame, using: &random)
                )
            )
        case 14:
            let total = number(0...WireLimits.blob, using: &random)
            return .blobChunk(
                BlobChunk(name: hash(using: &random), offset: number(0...total, using: &random), total: total)
            )
        case 15: return .blobMissing(BlobMissing(name: hash(using: &random)))
        case 16: return .release(Release(names: list(upTo: 1_024, using: &random) { hash(using: &$0) }))
        case 17: return .dataSummons
        default:
            let session = UInt64.random(in: 1 ... .max, using: &random)
            return .dataHello(
                DataHello(session: session, token: random.next(), number: number(1...Int(UInt32.max), using: &random))
            )
        }
    }

    private static func hello(using random: inout Seeded) -> Hello {
        Hello(
            numericsVersion: UInt32(number(0...Int(UInt32.max), using: &random)),
            name: text(upTo: 256, using: &random),
            build: text(upTo: 256, using: &random),
            slots: number(1...4_096, using: &random),
            cores: number(0...Int(UInt32.max), using: &random),
            memoryLimitBytes: number(0...Int.max, using: &random),
            processID: number(0...Int(UInt32.max), using: &random),
            previousSession: random.next()
        )
    }

    private static func assignment(using random: inout Seeded) -> Assignment {
        let program = ProgramBlob(
            hash: hash(using: &random),
            name: hash(using: &random),
            byteCount: number(1...WireLimits.program, using: &random)
        )
        let inputs = list(upTo: 40, using: &random) { blob(using: &$0) }
        var names = Array(Set(inputs.map(\.name) + [program.name])).sorted()
        names.shuffle(using: &random)
        return Assignment(
            task: hash(using: &random),
            attempt: attempt(using: &random),
            role: role(using: &random),
            program: program,
            inputs: inputs,
            attached: Array(names.prefix(number(0...names.count, using: &random)))
        )
    }

    /// A role of any kind.
    static func role(using random: inout Seeded) -> Role {
        let end = number(0...Int(UInt32.max), using: &random)
        let range = number(0...end, using: &random)..<end
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return .bootstrap(members: range, of: number(end...Int(UInt32.max), using: &random))
        case 1: return .score(members: range, of: number(end...Int(UInt32.max), using: &random))
        case 2: return .round(end)
        case 3: return .metaBatch(number(0...Int(UInt32.max), using: &random), tasks: range)
        case 4:
            return .search(
                round: number(0...Int(UInt32.max), using: &random),
                features: range,
                of: number(end...Int(UInt32.max), using: &random)
            )
        case 5: return .metaBatches(range, of: number(end...Int(UInt32.max), using: &random))
        case 6: return .head(text(upTo: 256, using: &random))
        default: return .named(text(upTo: 256, using: &random))
        }
    }

    /// A tensor's blob of any type that may travel.
    static func blob(using random: inout Seeded) -> TensorBlob {
        TensorBlob(name: hash(using: &random), type: type(using: &random))
    }

    /// A tensor's type of up to 16 axes and 2^40 elements.
    static func type(using random: inout Seeded) -> TensorType {
        var room = WireLimits.blob
        var sizes: [Int] = []
        for _ in 0..<Int.random(in: 0...(random.oneIn(8) ? 16 : 4), using: &random) {
            let size = number(0...room, using: &random)
            room /= max(size, 1)
            sizes.append(size)
        }
        return TensorType(ElementType.allCases.randomElement(using: &random) ?? .f32, Shape(sizes))
    }

    static func hash(using random: inout Seeded) -> Hash { hash(Int(truncatingIfNeeded: random.next() >> 40)) }

    private static func attempt(using random: inout Seeded) -> Int { number(1...Int(UInt32.max), using: &random) }

    /// A number of any size, the ends of the range more often than others.
    static func number(_ range: ClosedRange<Int>, using random: inout Seeded) -> Int {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: range.lowerBound
        case 1: range.upperBound
        case 2: Int.random(in: range, using: &random)
        default: min(range.lowerBound + Int.random(in: 0...300, using: &random), range.upperBound)
        }
    }

    /// Text of one- to four-byte characters, now and then as long as allowed.
    static func text(upTo byteCount: Int, using random: inout Seeded) -> String {
        let scalars: [Unicode.Scalar] = ["a", "z", " ", "\n", "\u{1}", "é", "е", "\u{301}", "漢", "\u{FFFD}", "🎭"]
        let wanted = random.oneIn(4) ? byteCount : Int.random(in: 0...20, using: &random)
        var text = ""
        while text.utf8.count < wanted { text.unicodeScalars.append(scalars.randomElement(using: &random) ?? "a") }
        return text.clipped(to: byteCount)
    }

    /// A list, now and then as long as allowed.
    private static func list<Item>(
        upTo limit: Int,
        using random: inout Seeded,
        _ item: (inout Seeded) -> Item
    ) -> [Item] {
        let count = random.oneIn(16) ? limit : Int.random(in: 0...min(limit, 5), using: &random)
        return (0..<count).map { _ in item(&random) }
    }
}
