import ArgumentParser
import Coordination

extension Keys {
    /// `troupe keys generate`
    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "generate",
            abstract: "Makes key pairs: NAME.secret, which stays where it is, and NAME.public, which is given away."
        )

        @Argument(help: "The names of the keys, such as coordinator, or the name of the machine.")
        var names: [String]

        @OptionGroup var place: KeyFolderOptions

        @Flag(help: "Leave a key that exists as it is.")
        var keep = false

        @Flag(help: "Make a new key in place of one that exists, which is gone for good.")
        var replace = false

        func validate() throws {
            guard !names.isEmpty else { throw ValidationError("Name the key, such as coordinator.") }
            guard !(keep && replace) else { throw ValidationError("--keep and --replace contradict each other.") }
        }

        func run() throws {
            let folder = KeyFolder(place.folder)
            for name in names {
                let (_, isNew) = try folder.generate(name, existing: keep ? .keep : replace ? .replace : .refuse)
                StandardOutput.say("\(folder.path)/\(name).secret  \(isNew ? "made" : "kept"); it stays here")
                StandardOutput.say("\(folder.path)/\(name).public  for the other side")
            }
        }
    }
}
