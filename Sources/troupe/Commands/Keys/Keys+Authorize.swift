import ArgumentParser
import Coordination

extension Keys {
    /// `troupe keys authorize`
    struct Authorize: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "authorize",
            abstract: "Lets the owner of a key take part, also in a run that is under way."
        )

        @Argument(help: "The file of a public key, the name of one in the folder, or its 64 digits.")
        var key: String

        @Option(help: "How the list calls it. (default: what its file says)")
        var name: String?

        @OptionGroup var place: KeyFolderOptions

        func run() throws {
            let (entry, isNew) = try KeyFolder(place.folder).authorize(key, name: name)
            StandardOutput.say(isNew ? "\(entry.name) is authorized." : "\(entry.name) was authorized already.")
        }
    }
}
