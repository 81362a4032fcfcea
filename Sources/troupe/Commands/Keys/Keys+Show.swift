import ArgumentParser
import Coordination

extension Keys {
    /// `troupe keys show`
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Prints public keys, and whose may take part; never a secret one."
        )

        @Argument(help: "A name or the file of a public key. (default: all keys of the folder, and those authorized)")
        var key: String?

        @OptionGroup var place: KeyFolderOptions

        func run() throws {
            let folder = KeyFolder(place.folder)
            if let key {
                StandardOutput.say(try folder.publicKey(key).key)
                return
            }
            let (here, authorized) = (try folder.publicKeys(), try folder.authorized())
            if here.isEmpty, authorized.isEmpty {
                StandardError.say("There are no keys in '\(folder.path)'. Make one with: troupe keys generate NAME")
            }
            let width = (here + authorized).map(\.name.count).max() ?? 0
            for entry in here { StandardOutput.say("here        \(entry.name.padded(to: width))  \(entry.key)") }
            for entry in authorized { StandardOutput.say("authorized  \(entry.name.padded(to: width))  \(entry.key)") }
        }
    }
}
