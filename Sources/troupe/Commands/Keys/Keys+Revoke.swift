import ArgumentParser
import Coordination

extension Keys {
    /// `troupe keys revoke`
    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke",
            abstract: "Lets the owner of a key take part no longer; a run that is under way drops it within a second."
        )

        @Argument(help: "A name of the list, the file of a public key, or its 64 digits.")
        var key: String

        @OptionGroup var place: KeyFolderOptions

        func run() throws {
            let revoked = try KeyFolder(place.folder).revoke(key)
            for entry in revoked { StandardOutput.say("\(entry.name) is revoked.") }
            if revoked.isEmpty { StandardOutput.say("\(key) is not authorized, so there is nothing to revoke.") }
        }
    }
}
