import ArgumentParser
import Jobs

/// What the user typed after `troupe`.
struct Invocation {
    /// The arguments, without the program's own name.
    var arguments: [String]

    /// Refuses a command that does not exist, in better words than those for surplus arguments.
    ///
    /// - Throws: `Refusal`.
    func check() throws(Refusal) {
        guard let first = arguments.first, !first.hasPrefix("-"), first != "help" else { return }
        let known = Troupe.configuration.subcommands.compactMap { $0.configuration.commandName }
        guard !known.contains(first) else { return }
        let hint = known.closest(to: first).map { " Did you mean '\($0)'?" } ?? ""
        throw Refusal("There is no command '\(first)'.\(hint) Commands: \(known.joined(separator: ", ")).")
    }
}
