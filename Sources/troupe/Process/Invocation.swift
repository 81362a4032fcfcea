import ArgumentParser
import Jobs
import Tensors

/// What the user typed after `troupe`.
struct Invocation {
    /// The arguments, without the program's own name.
    var arguments: [String]

    /// Refuses a command that does not exist, in better words than those for surplus arguments.
    ///
    /// - Throws: `Refusal`.
    func check() throws(Refusal) {
        var command: any ParsableCommand.Type = Troupe.self
        var path: [String] = []
        for name in arguments {
            let inside = command.configuration.subcommands
            guard !inside.isEmpty, !name.hasPrefix("-"), name != "help" else { return }
            path.append(name)
            guard let next = inside.first(where: { $0.configuration.commandName == name }) else {
                let known = inside.compactMap { $0.configuration.commandName }
                let hint = known.closest(to: name).map { " Did you mean '\($0)'?" } ?? ""
                let commands = known.joined(separator: ", ")
                throw Refusal("There is no command '\(path.joined(separator: " "))'.\(hint) Commands: \(commands).")
            }
            command = next
        }
    }
}
