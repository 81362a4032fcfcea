import ArgumentParser
import Coordination
import Datasets
import Execution
import Foundation
import Jobs
import Recipes

/// How the process ends when a command throws: a message, and a code that scripts can rely on.
///
/// 0 is success, 2 a mistake in what the user gave (an option, a job, a file), 1 anything else that went wrong, 128 + n an end
/// by signal n: 129 when the terminal was lost, 130 after Ctrl-C, 143 after SIGTERM.
struct Ending: Equatable {
    /// What the process returns.
    var code: Int32
    /// What it says on the way, if anything.
    var message: String?

    init(code: Int32, message: String?) {
        self.code = code
        self.message = message
    }

    init(of error: any Error) {
        switch error {
        case let unfinished as UnfinishedRun:
            self.init(of: unfinished.cause)
            // The same command would end in the same way, and what to do is said.
            if case .damaged = unfinished.cause as? LedgerError { return }
            let reason =
                switch unfinished.cause {
                case let interruption as Interruption: "\(interruption.word)."
                // What to do about it follows from what is said last.
                case let ledger as LedgerError where ledger.isFailure:
                    "Error: \(ledger.fault) See to it that there is room and that it may be written."
                default: message ?? ""
                }
            // What failed may be told in lines of its own.
            message = reason + (reason.hasSuffix(".") ? " " : "\n") + UnfinishedRun.advice
        case let interruption as Interruption:
            self.init(code: 128 + interruption.number, message: "\(interruption)")
        case RecipeError.lossDiverged, RecipeError.everythingDiverged, RecipeError.noBetterThanChance:
            self.init(code: Self.failure, message: "Error: \(error)")
        case is Refusal, is DocumentError, is DatasetError, is CSVError, is ImageError, is RecipeError, is ClusterError:
            self.init(code: Self.mistake, message: "Error: \(error)")
        case let key as KeyError:
            switch key {
            case .failed, .library: self.init(code: Self.failure, message: "Error: \(key)")
            default: self.init(code: Self.mistake, message: "Error: \(key)")
            }
        case let ledger as LedgerError:
            switch ledger {
            case .failed, .damaged, .gone: self.init(code: Self.failure, message: "Error: \(ledger)")
            case .otherJob, .format, .absent: self.init(code: Self.mistake, message: "Error: \(ledger)")
            }
        case let output as OutputError:
            if case .failed = output {
                self.init(code: Self.failure, message: "Error: \(output)")
            } else {
                self.init(code: Self.mistake, message: "Error: \(output)")
            }
        default:
            switch Troupe.exitCode(for: error) {
            case .success: self.init(code: 0, message: Troupe.fullMessage(for: error))
            case .validationFailure: self.init(code: Self.mistake, message: Troupe.fullMessage(for: error))
            default: self.init(code: Self.failure, message: "Error: \(error)")
            }
        }
    }

    /// Says the message, on standard output if all is well and on standard error if not, and ends the process.
    func leave() -> Never {
        if let message, !message.isEmpty {
            if code == 0 { StandardOutput.say(message) } else { StandardError.say(message) }
        }
        StandardError.flush()
        exit(code)
    }

    private static let mistake: Int32 = 2
    private static let failure: Int32 = 1
}

extension LedgerError {
    fileprivate var isFailure: Bool {
        guard case .failed = self else { return false }
        return true
    }
}
